//! `plugins/gcs` (drone-gcs): files and directories, with their paths relative to the source.

use cirun_beneath::{Star, has_wildcards};

use super::{Upload, join};
use crate::{
    StoreError, Surroundings,
    pattern::{SourceFile, SourceFiles, files_below, matching},
};

/// Finds the files and their names in the bucket; the target begins with the bucket.
pub(crate) fn plan(around: &Surroundings) -> Result<Upload, StoreError> {
    let (bucket, target) =
        around.demand("PLUGIN_TARGET")?.split_once('/').unwrap_or((around.demand("PLUGIN_TARGET")?, ""));
    let source = around.demand("PLUGIN_SOURCE")?;
    let mut found: Vec<(SourceFile, String)> = Vec::new();
    let mut left_out = Vec::new();
    // For a single file the target is its name, unless it ends with a slash.
    let mut is_single_file = false;
    for pattern in source.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()) {
        let mut sources = paths(pattern, around)?;
        left_out.append(&mut sources.left_out);
        is_single_file =
            pattern == source.trim() && !has_wildcards(pattern) && sources.found.iter().all(SourceFile::is_file);
        for source in sources.found {
            let base = if source.is_directory() { Some(source.path.as_path()) } else { source.path.parent() };
            let base = base.unwrap_or(&source.path).to_owned();
            let files = if source.is_directory() {
                let mut below = files_below(&source, around)?;
                left_out.append(&mut below.left_out);
                below.found
            } else {
                vec![source]
            };
            for file in files.into_iter().filter(SourceFile::is_file) {
                if !found.iter().any(|(known, _)| known.path == file.path) {
                    let below = file.path.strip_prefix(&base).unwrap_or(&file.path).to_string_lossy().into_owned();
                    found.push((file, below));
                }
            }
        }
    }
    let renamed = is_single_file && found.len() == 1 && !target.is_empty() && !target.ends_with('/');
    let name = |below: &str| if renamed { target.to_owned() } else { join(target, below) };
    let files = found.into_iter().map(|(file, below)| (file, name(&below))).collect();
    Ok(Upload { store: "gs", scheme: "gs", bucket: bucket.to_owned(), files, left_out })
}

fn paths(pattern: &str, around: &Surroundings) -> Result<SourceFiles, StoreError> {
    let sources = matching(pattern, Star::OneName, around)?;
    let sources = sources.ok_or_else(|| StoreError::Source(format!("{pattern} does not exist")))?;
    if sources.found.is_empty() {
        return Err(StoreError::Source(format!("{pattern} matches no file or directory")));
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use crate::{Program, upload::testing::emulate};

    fn gcs(source: &str, target: &str) -> String {
        emulate(Program::Gcs, &[("PLUGIN_SOURCE", source), ("PLUGIN_TARGET", target)], false)
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
        insta::assert_snapshot!(gcs("no", "b"), @"error: no does not exist");
        insta::assert_snapshot!(gcs("no/*", "b"), @"error: no/* matches no file or directory");
    }
}
