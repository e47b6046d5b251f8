//! `plugins/s3` (drone-s3): files by a pattern, with their own paths in the bucket.

use cirun_beneath::Star;
use regex::Regex;

use super::{Upload, join};
use crate::{
    StoreError, Surroundings,
    pattern::{SourceFile, matching},
};

/// Finds the files and their keys.
pub(crate) fn plan(around: &Surroundings) -> Result<Upload, StoreError> {
    let source = around.demand("PLUGIN_SOURCE")?;
    let target = around.get("PLUGIN_TARGET").unwrap_or_default();
    let strip = Strip::of(around.get("PLUGIN_STRIP_PREFIX"))?;
    let mut files = Vec::new();
    let sources = matching(source, Star::OneName, around)?;
    let sources = sources.ok_or_else(|| StoreError::Source(format!("{source} does not exist")))?;
    let written: Vec<String> = sources.found.iter().map(|found| written(found, source, around)).collect();
    for (found, path) in sources.found.into_iter().zip(&written) {
        if found.is_directory() {
            refuse_bare_directory(path, &written)?;
        } else if found.is_file() {
            files.push((found, join(target, &strip.apply(path))));
        }
    }
    let bucket = around.demand("PLUGIN_BUCKET")?.to_owned();
    Ok(Upload { store: "s3", scheme: "s3", bucket, files, left_out: sources.left_out })
}

/// A path in the plugin's form: relative if the pattern is.
fn written(found: &SourceFile, source: &str, around: &Surroundings) -> String {
    let seen = match found.path.strip_prefix(&around.workspace) {
        Ok(below) if source.starts_with('/') => around.planned_workspace.join(below),
        Ok(below) => below.to_owned(),
        Err(_) => found.path.clone(),
    };
    seen.to_string_lossy().into_owned()
}

/// A directory is skipped if something in it also matches; otherwise it is an error.
fn refuse_bare_directory(directory: &str, found: &[String]) -> Result<(), StoreError> {
    if found.iter().filter(|path| path.starts_with(directory)).count() > 1 {
        return Ok(());
    }
    Err(StoreError::Source(format!(
        "{directory} is a directory: write a pattern such as {directory}/* or {directory}/** to upload what is in it"
    )))
}

/// `stripPrefix`.
enum Strip {
    Nothing,
    /// A literal prefix.
    Text(String),
    /// A pattern for the beginning of absolute paths.
    Pattern(Regex),
}

impl Strip {
    fn of(prefix: Option<&str>) -> Result<Self, StoreError> {
        let Some(prefix) = prefix else { return Ok(Self::Nothing) };
        if !prefix.starts_with('/') || !prefix.contains(['*', '?']) {
            return Ok(Self::Text(prefix.to_owned()));
        }
        let pattern = regex::escape(prefix).replace(r"\*\*", ".+").replace(r"\*", "[^/]+").replace(r"\?", "[^/]");
        Regex::new(&format!("^{pattern}"))
            .map(Self::Pattern)
            .map_err(|error| StoreError::Setting(format!("`stripPrefix: {prefix}` is not a pattern: {error}")))
    }

    /// The path without the prefix; the whole path if nothing would be left.
    fn apply(&self, path: &str) -> String {
        let rest = match self {
            Self::Nothing => None,
            Self::Text(prefix) => path.strip_prefix(prefix.as_str()),
            Self::Pattern(pattern) => pattern.find(path).map(|found| &path[found.end()..]),
        };
        rest.filter(|rest| !rest.trim_matches('/').is_empty()).unwrap_or(path).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Program, upload::testing::emulate};

    fn s3(more: &[(&str, &str)]) -> String {
        emulate(Program::S3, &[&[("PLUGIN_BUCKET", "b")], more].concat(), false)
    }

    #[test]
    fn patterns() {
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "out/*.txt"), ("PLUGIN_TARGET", "/dist/1")]), @"
        /harness/out/a.txt → s3://b/dist/1/out/a.txt (9 B)
        [s3/b/dist/1/out/a.txt] out/a.txt
        ");
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "out/**/*.txt")]), @"
        /harness/out/a.txt → s3://b/out/a.txt (9 B)
        /harness/out/sub/c.txt → s3://b/out/sub/c.txt (13 B)
        [s3/b/out/a.txt] out/a.txt
        [s3/b/out/sub/c.txt] out/sub/c.txt
        ");
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "/harness/README"), ("PLUGIN_TARGET", "d")]), @"
        /harness/README → s3://b/d/harness/README (6 B)
        [s3/b/d/harness/README] README
        ");
    }

    #[test]
    fn prefixes_are_stripped() {
        let strip = |prefix| s3(&[("PLUGIN_SOURCE", "/harness/out/**"), ("PLUGIN_STRIP_PREFIX", prefix)]);
        insta::assert_snapshot!(strip("/harness/out/"), @"
        /harness/out/a.txt → s3://b/a.txt (9 B)
        /harness/out/b.log → s3://b/b.log (9 B)
        /harness/out/sub/c.txt → s3://b/sub/c.txt (13 B)
        [s3/b/a.txt] out/a.txt
        [s3/b/b.log] out/b.log
        [s3/b/sub/c.txt] out/sub/c.txt
        ");
        insta::assert_snapshot!(strip("/*/out"), @"
        /harness/out/a.txt → s3://b/a.txt (9 B)
        /harness/out/b.log → s3://b/b.log (9 B)
        /harness/out/sub/c.txt → s3://b/sub/c.txt (13 B)
        [s3/b/a.txt] out/a.txt
        [s3/b/b.log] out/b.log
        [s3/b/sub/c.txt] out/sub/c.txt
        ");
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "out/a.txt"), ("PLUGIN_STRIP_PREFIX", "out/")]), @"
        /harness/out/a.txt → s3://b/a.txt (9 B)
        [s3/b/a.txt] out/a.txt
        ");
    }

    #[test]
    fn what_is_not_there() {
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "no/such")]), @"error: no/such does not exist");
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "no/*")]), @"no file matches: nothing is uploaded, and CI's step succeeds too");
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "out")]), @"error: out is a directory: write a pattern such as out/* or out/** to upload what is in it");
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "out/*")]), @"error: out/sub is a directory: write a pattern such as out/sub/* or out/sub/** to upload what is in it");
        insta::assert_snapshot!(s3(&[]), @"error: PLUGIN_SOURCE is not set");
    }

    /// Links are reported and not followed: a step could point them anywhere.
    #[cfg(unix)]
    #[test]
    fn links_are_left_out() {
        use crate::{rooted::testing::Bench, run};
        let bench = Bench::new();
        bench.file("out/a.txt", "a");
        std::os::unix::fs::symlink("/etc/passwd", bench.path("root/harness/out/b.txt")).unwrap();
        std::os::unix::fs::symlink("/etc", bench.path("root/harness/etc")).unwrap();
        let upload = |source: &str| {
            let around = bench.around(&[("PLUGIN_BUCKET", "b"), ("PLUGIN_SOURCE", source)]);
            let mut output = String::new();
            let ended = run(Program::S3, &around, &mut |line| output.push_str(&format!("{line}\n")));
            if let Err(error) = ended {
                output.push_str(&format!("error: {error}"));
            }
            output.replace(&bench.path("root").display().to_string(), "")
        };
        insta::assert_snapshot!(upload("out/*.txt"), @"
        /harness/out/b.txt is left out: `out/b.txt` is a symbolic link, and links are not followed
        /harness/out/a.txt → s3://b/out/a.txt (1 B)
        ");
        insta::assert_snapshot!(upload("out/b.txt"), @"error: out/b.txt: `out/b.txt` is a symbolic link, and links are not followed");
        insta::assert_snapshot!(upload("etc/*"), @"
        /harness/etc is left out: `etc` is a symbolic link, and links are not followed
        no file matches: nothing is uploaded, and CI's step succeeds too
        ");
    }

    #[test]
    fn only_listed() {
        insta::assert_snapshot!(emulate(Program::S3, &[("PLUGIN_BUCKET", "b"), ("PLUGIN_SOURCE", "out/*.txt")], true), @"/harness/out/a.txt would go to s3://b/out/a.txt (9 B)");
    }

    #[test]
    fn a_target_does_not_climb_out() {
        insta::assert_snapshot!(s3(&[("PLUGIN_SOURCE", "README"), ("PLUGIN_TARGET", "../../x")]), @"
        /harness/README → s3://b/x/README (6 B)
        [s3/b/x/README] README
        ");
    }
}
