//! What every Rust source file must have, and must not have.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::project;

/// The numbers of lines at which a file is listed, and at which it fails.
const LARGE: usize = 400;
const TOO_LARGE: usize = 800;
/// Files that may be larger, each with a reason.
const EXCEPTIONS: [(&str, &str); 0] = [];
/// Left-overs that are not allowed in a source; written in two parts, so that this file passes its own check.
const FORBIDDEN: [&str; 5] = [
    concat!("db", "g!("),
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("FIX", "ME"),
    concat!("#[ig", "nore]"),
];

/// A source file of the repository.
pub(super) struct Source {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    fn lines(&self) -> usize {
        self.text.lines().count()
    }
}

/// Every Rust file of the crates, of xtask and of the fuzz targets, in the order of their paths.
pub(super) fn rust_files() -> Result<Vec<Source>> {
    let root = project::root();
    let mut paths = Vec::new();
    for area in ["crates", "xtask", "fuzz"] {
        collect(&root.join(area), &mut paths)?;
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Source { path: path.strip_prefix(&root)?.to_string_lossy().replace('\\', "/"), text })
    };
    paths.into_iter().map(read).collect()
}

fn collect(dir: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    Ok(())
}

pub(super) fn check(files: &[Source]) -> Vec<String> {
    files.iter().flat_map(problems).collect()
}

fn problems(file: &Source) -> Vec<String> {
    let path = &file.path;
    let mut found = Vec::new();
    if !is_tests(path) && !file.text.starts_with("//!") {
        found.push(format!("{path}:1: no module doc: say in `//!` what the file is for"));
    }
    if path.ends_with("/mod.rs") {
        found.push(format!("{path}: a `mod.rs`: name the file after its module"));
    }
    let excepted = EXCEPTIONS.iter().any(|(name, _)| name == path);
    if file.lines() > TOO_LARGE && !excepted {
        found.push(format!("{path}: {} lines: split it by concept (over {TOO_LARGE})", file.lines()));
    }
    for (number, line) in file.text.lines().enumerate() {
        for word in FORBIDDEN.iter().filter(|word| line.contains(**word)) {
            found.push(format!("{path}:{}: `{word}` is left over", number + 1));
        }
    }
    found
}

/// The files to split next, largest first.
pub(super) fn large(files: &[Source]) -> Vec<String> {
    let mut large: Vec<&Source> = files.iter().filter(|file| file.lines() > LARGE).collect();
    large.sort_by_key(|file| std::cmp::Reverse(file.lines()));
    large.into_iter().map(|file| format!("{} ({} lines)", file.path, file.lines())).collect()
}

/// A test module's file is next to the file whose doc describes it.
fn is_tests(path: &str) -> bool {
    path.ends_with("/tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        problems(&Source { path: path.into(), text: text.into() })
    }

    #[test]
    fn a_file_in_order_has_no_problems() {
        assert!(found("crates/a/src/b.rs", "//! What it is for.\n").is_empty());
        assert!(found("crates/a/src/b/tests.rs", "use super::*;\n").is_empty());
    }

    #[test]
    fn problems_name_the_file_and_the_line() {
        let left_over = format!("//! Doc.\nfn f() {{ {}x) }}\n", FORBIDDEN[0]);
        assert_eq!(found("a.rs", &left_over), [format!("a.rs:2: `{}` is left over", FORBIDDEN[0])]);
        assert_eq!(found("a.rs", "fn f() {}\n"), ["a.rs:1: no module doc: say in `//!` what the file is for"]);
        let long = format!("//! Doc.\n{}", "\n".repeat(TOO_LARGE));
        assert_eq!(found("a.rs", &long), ["a.rs: 801 lines: split it by concept (over 800)"]);
    }
}
