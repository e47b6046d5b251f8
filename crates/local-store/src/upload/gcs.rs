//! `plugins/gcs` (drone-gcs): files and directories, by their paths below the source.

use std::path::{Path, PathBuf};

use super::{Upload, join};
use crate::{
    StoreError, Surroundings,
    pattern::{Star, files_below, has_wildcards, matching},
};

/// Finds the files and their names in the bucket; the target begins with the bucket.
pub(crate) fn plan(around: &Surroundings) -> Result<Upload, StoreError> {
    let (bucket, target) =
        around.demand("PLUGIN_TARGET")?.split_once('/').unwrap_or((around.demand("PLUGIN_TARGET")?, ""));
    let source = around.demand("PLUGIN_SOURCE")?;
    let mut found: Vec<(PathBuf, String)> = Vec::new();
    for pattern in source.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()) {
        for path in paths(pattern, around)? {
            let base = if path.is_dir() { path.clone() } else { path.parent().unwrap_or(&path).to_owned() };
            let files = if path.is_dir() { files_below(&path) } else { vec![path] };
            for file in files.into_iter().filter(|file| file.is_file()) {
                if !found.iter().any(|(known, _)| *known == file) {
                    let below = file.strip_prefix(&base).unwrap_or(&file).to_string_lossy().into_owned();
                    found.push((file, below));
                }
            }
        }
    }
    // A single file takes the target for its name, unless that is a directory's.
    let renamed = found.len() == 1 && around.absolute(Path::new(source)).is_file();
    let renamed = renamed && !target.is_empty() && !target.ends_with('/');
    let name = |below: &str| if renamed { target.to_owned() } else { join(target, below) };
    let files = found.into_iter().map(|(file, below)| (file, name(&below))).collect();
    Ok(Upload { store: "gs", scheme: "gs", bucket: bucket.to_owned(), files })
}

fn paths(pattern: &str, around: &Surroundings) -> Result<Vec<PathBuf>, StoreError> {
    let path = around.absolute(Path::new(pattern));
    if !has_wildcards(pattern) {
        return if path.exists() { Ok(vec![path]) } else { Err(StoreError::Source(format!("{pattern} is not there"))) };
    }
    let found = matching(&path, Star::OneName)?;
    if found.is_empty() {
        return Err(StoreError::Source(format!("{pattern} matches no file or directory")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::{Program, upload::testing::play};

    fn gcs(source: &str, target: &str) -> String {
        play(Program::Gcs, &[("PLUGIN_SOURCE", source), ("PLUGIN_TARGET", target)], false)
    }

    #[test]
    fn directories_and_patterns() {
        insta::assert_snapshot!(gcs("out", "b/dist"), @"
        /harness/out/a.txt → gs://b/dist/a.txt (9 B)
        /harness/out/b.log → gs://b/dist/b.log (9 B)
        /harness/out/sub/c.txt → gs://b/dist/sub/c.txt (13 B)
        [gs/b/dist/a.txt] out/a.txt
        [gs/b/dist/b.log] out/b.log
        [gs/b/dist/sub/c.txt] out/sub/c.txt
        ");
        insta::assert_snapshot!(gcs("out/*.txt, README", "b"), @"
        /harness/out/a.txt → gs://b/a.txt (9 B)
        /harness/README → gs://b/README (6 B)
        [gs/b/README] README
        [gs/b/a.txt] out/a.txt
        ");
        insta::assert_snapshot!(gcs("out/**/*.txt", "b/d/"), @"
        /harness/out/a.txt → gs://b/d/a.txt (9 B)
        /harness/out/sub/c.txt → gs://b/d/c.txt (13 B)
        [gs/b/d/a.txt] out/a.txt
        [gs/b/d/c.txt] out/sub/c.txt
        ");
    }

    #[test]
    fn a_single_file_is_renamed() {
        insta::assert_snapshot!(gcs("README", "b/docs/readme.md"), @"
        /harness/README → gs://b/docs/readme.md (6 B)
        [gs/b/docs/readme.md] README
        ");
        insta::assert_snapshot!(gcs("README", "b/docs/"), @"
        /harness/README → gs://b/docs/README (6 B)
        [gs/b/docs/README] README
        ");
        insta::assert_snapshot!(gcs("README", "b"), @"
        /harness/README → gs://b/README (6 B)
        [gs/b/README] README
        ");
    }

    #[test]
    fn what_is_not_there() {
        insta::assert_snapshot!(gcs("no", "b"), @"error: no is not there");
        insta::assert_snapshot!(gcs("no/*", "b"), @"error: no/* matches no file or directory");
    }
}
