//! Uploads: which files go where, and collecting them in a directory that has the store's places.

pub(crate) mod artifactory;
pub(crate) mod gcs;
pub(crate) mod s3;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use crate::{StoreError, Surroundings, error::io_error, files, rooted::plain};

/// What a step uploads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    /// The store's kind, as a directory of the artifacts.
    pub(crate) store: &'static str,
    /// How people write the beginning of its addresses.
    pub(crate) scheme: &'static str,
    /// The bucket or repository.
    pub(crate) bucket: String,
    /// Files and their places in the bucket.
    pub(crate) files: Vec<(PathBuf, String)>,
}

/// Collects the files, or lists them.
pub(crate) fn run(upload: &Upload, around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let Upload { store, scheme, bucket, files: found } = upload;
    if found.is_empty() {
        say("no file matches: nothing is uploaded, and CI's step succeeds too");
    }
    for (source, key) in found {
        let key = plain(Path::new(key));
        let mut file = File::open(source).map_err(io_error("read", source))?;
        let bytes = file.metadata().map_err(io_error("read", source))?.len();
        let place = format!("{scheme}://{bucket}/{}", key.display());
        if around.only_list {
            say(&format!("{} would go to {place} ({})", source.display(), files::size(bytes)));
            continue;
        }
        let target = around.artifacts.join(store).join(plain(Path::new(bucket))).join(&key);
        files::write_whole(&target, |out| io::copy(&mut file, out).map_err(io_error("copy", source)))?;
        say(&format!("{} → {place} ({})", source.display(), files::size(bytes)));
    }
    Ok(())
}

/// Two parts of an object's name, with one slash between them.
pub(crate) fn join(target: &str, rest: &str) -> String {
    let rest = rest.trim_start_matches('/');
    match target.trim_matches('/') {
        "" => rest.to_owned(),
        target => format!("{target}/{rest}"),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::{Program, rooted::testing::Bench};

    /// Plays an upload of the bench's files; then what was said, and what lies in the artifacts.
    pub(crate) fn play(program: Program, env: &[(&str, &str)], only_list: bool) -> String {
        let bench = Bench::new();
        for file in ["out/a.txt", "out/b.log", "out/sub/c.txt", "README"] {
            bench.file(file, file);
        }
        let around = Surroundings { only_list, ..bench.around(env) };
        let mut told = String::new();
        if let Err(error) = crate::run(program, &around, &mut |line| told.push_str(&format!("{line}\n"))) {
            told.push_str(&format!("error: {error}\n"));
        }
        let collected = walkdir::WalkDir::new(&around.artifacts).sort_by_file_name();
        for entry in collected.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
            let name = entry.path().strip_prefix(&around.artifacts).unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            told.push_str(&format!("[{}] {text}\n", name.display()));
        }
        told.replace(&bench.path("root").display().to_string(), "")
    }
}
