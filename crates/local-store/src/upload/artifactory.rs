//! `plugins/artifactory` (drone-artifactory, which calls `jfrog rt upload`): selects files by JFrog's wildcards.

use std::path::{Path, PathBuf};

use cirun_beneath::Star;

use super::{Upload, join};
use crate::{
    StoreError, Surroundings,
    pattern::{SourceFile, SourceFiles, files_below, matching},
};

/// Finds the files and their targets in the repository, with which the target begins.
pub(crate) fn plan(around: &Surroundings) -> Result<Upload, StoreError> {
    let target = around.demand("PLUGIN_TARGET")?;
    let source = around.demand("PLUGIN_SOURCE")?;
    let mut sources = matching(source, Star::AnyDepth, around)?.unwrap_or_default();
    if let [directory] = sources.found.as_slice()
        && directory.is_directory()
        && !cirun_beneath::has_wildcards(source)
    {
        sources = files_below(directory, around)?;
    }
    let SourceFiles { mut found, left_out } = sources;
    found.retain(SourceFile::is_file);
    let (repository, below) = target.split_once('/').unwrap_or((target, ""));
    let flat = around.flag("PLUGIN_FLAT");
    // A target without a trailing slash is a file name, which several files cannot share.
    let renamed = found.len() == 1 && flat && !below.is_empty() && !target.ends_with('/');
    let name = |file: &Path| {
        let path = match (flat, file.strip_prefix(&around.workspace)) {
            (true, _) => file.file_name().map(PathBuf::from).unwrap_or_default(),
            (false, Ok(relative)) => relative.to_owned(),
            (false, Err(_)) => file.to_owned(),
        };
        if renamed { below.to_owned() } else { join(below, &path.to_string_lossy()) }
    };
    let named = |file: SourceFile| {
        let name = name(&file.path);
        (file, name)
    };
    let files = found.into_iter().map(named).collect();
    Ok(Upload { store: "artifactory", scheme: "artifactory", bucket: repository.to_owned(), files, left_out })
}

#[cfg(test)]
mod tests {
    use crate::{Program, upload::testing::emulate};

    fn artifactory(source: &str, target: &str, flat: &str) -> String {
        let env = [("PLUGIN_SOURCE", source), ("PLUGIN_TARGET", target), ("PLUGIN_FLAT", flat)];
        emulate(Program::Artifactory, &env, false)
    }

    #[test]
    fn flat_and_not() {
        insta::assert_snapshot!(artifactory("out/*.txt", "libs/shop/", "true"), @"
        /harness/out/a.txt → artifactory://libs/shop/a.txt (9 B)
        /harness/out/sub/c.txt → artifactory://libs/shop/c.txt (13 B)
        [artifactory/libs/shop/a.txt] out/a.txt
        [artifactory/libs/shop/c.txt] out/sub/c.txt
        ");
        insta::assert_snapshot!(artifactory("out/*.txt", "libs/shop/", "false"), @"
        /harness/out/a.txt → artifactory://libs/shop/out/a.txt (9 B)
        /harness/out/sub/c.txt → artifactory://libs/shop/out/sub/c.txt (13 B)
        [artifactory/libs/shop/out/a.txt] out/a.txt
        [artifactory/libs/shop/out/sub/c.txt] out/sub/c.txt
        ");
        insta::assert_snapshot!(artifactory("out", "libs", "true"), @"
        /harness/out/a.txt → artifactory://libs/a.txt (9 B)
        /harness/out/b.log → artifactory://libs/b.log (9 B)
        /harness/out/sub/c.txt → artifactory://libs/c.txt (13 B)
        [artifactory/libs/a.txt] out/a.txt
        [artifactory/libs/b.log] out/b.log
        [artifactory/libs/c.txt] out/sub/c.txt
        ");
    }

    #[test]
    fn one_file_is_renamed() {
        insta::assert_snapshot!(artifactory("README", "libs/readme.md", "true"), @"
        /harness/README → artifactory://libs/readme.md (6 B)
        [artifactory/libs/readme.md] README
        ");
        insta::assert_snapshot!(artifactory("no", "libs/readme.md", "true"), @"no file matches: nothing is uploaded, and CI's step succeeds too");
    }
}
