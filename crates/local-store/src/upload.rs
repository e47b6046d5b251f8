//! Uploads: selects the files and their targets, and collects them in a directory with the store's structure.

pub(crate) mod artifactory;
pub(crate) mod gcs;
pub(crate) mod s3;

use std::{
    io::{self, Read},
    path::Path,
};

use crate::{StoreError, Surroundings, error::refused, files, pattern::SourceFile, rooted::plain};

/// The files of an upload.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The store's kind, as a directory name in the artifacts.
    pub(crate) store: &'static str,
    /// The prefix of its addresses, as printed.
    pub(crate) scheme: &'static str,
    /// The bucket or repository.
    pub(crate) bucket: String,
    /// Files and their targets in the bucket.
    pub(crate) files: Vec<(SourceFile, String)>,
    /// Files that were not accessible, as text to print.
    pub(crate) left_out: Vec<String>,
}

/// Collects the files, or lists them.
pub(crate) fn run(upload: &Upload, around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let Upload { store, scheme, bucket, files: found, left_out } = upload;
    left_out.iter().for_each(|line| say(line));
    if found.is_empty() {
        say("no file matches: nothing is uploaded, and CI's step succeeds too");
    }
    for (source, key) in found {
        let key = plain(Path::new(key));
        let SourceFile { path, entry } = source;
        let bytes = entry.facts.bytes;
        if bytes > around.limit {
            let (path, limit) = (path.display(), files::size(around.limit));
            return Err(StoreError::Source(format!("{path} is not collected: it has more than {limit}")));
        }
        // Data that is appended meanwhile is not part of it.
        let mut file = entry.open().map_err(refused("read", path))?.take(bytes);
        let place = format!("{scheme}://{bucket}/{}", key.display());
        if around.only_list {
            say(&format!("{} would go to {place} ({})", path.display(), files::size(bytes)));
            continue;
        }
        let target = Path::new(store).join(plain(Path::new(bucket))).join(&key);
        let artifacts = files::open(&around.artifacts)?;
        let copied = files::write_whole(&artifacts, &target, |out| {
            io::copy(&mut file, out).map_err(|error| refused("copy", path)(error.into()))
        })?;
        say(&format!("{} → {place} ({})", path.display(), files::size(copied)));
    }
    Ok(())
}

/// Joins two parts of an object's name with one slash.
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

    /// Runs an upload of the bench's files; returns its output, and the content of the artifacts.
    pub(crate) fn emulate(program: Program, env: &[(&str, &str)], only_list: bool) -> String {
        let bench = Bench::new();
        for file in ["out/a.txt", "out/b.log", "out/sub/c.txt", "README"] {
            bench.file(file, file);
        }
        let around = Surroundings { only_list, ..bench.around(env) };
        let mut output = String::new();
        if let Err(error) = crate::run(program, &around, &mut |line| output.push_str(&format!("{line}\n"))) {
            output.push_str(&format!("error: {error}\n"));
        }
        let collected = walkdir::WalkDir::new(&around.artifacts).sort_by_file_name();
        for entry in collected.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
            let name = entry.path().strip_prefix(&around.artifacts).unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            output.push_str(&format!("[{}] {text}\n", name.display()));
        }
        output.replace(&bench.path("root").display().to_string(), "")
    }
}
