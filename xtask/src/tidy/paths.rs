//! A file or directory of the repository that a document names must exist.

use super::{
    documents::{self, Part},
    sources::Source,
};
use crate::project;

/// The prefixes of the repository's paths.
const AREAS: [&str; 6] = ["crates/", "docs/", "examples/", "fuzz/", "testdata/", "xtask/"];

pub(super) fn check(documents: &[Source]) -> Vec<String> {
    documents.iter().flat_map(|document| problems(document, |path| project::root().join(path).exists())).collect()
}

fn problems(document: &Source, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (number, parts) in documents::lines(&document.text) {
        for part in parts {
            let Part::Code(path) = part else { continue };
            if is_path(path) && !exists(path) {
                found.push(format!("{}:{number}: there is no `{path}`", document.path));
            }
        }
    }
    found
}

/// A path alone: `cirun check examples/a.yaml` and `crates/NAME/src` are not paths.
fn is_path(code: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let placeholder = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase());
    AREAS.iter().any(|area| code.starts_with(area)) && code.chars().all(plain) && !code.split('/').any(placeholder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        problems(&Source { path: "a.md".into(), text: text.into() }, |path| path == "crates/plan/src/wire.rs")
    }

    #[test]
    fn a_missing_file_is_reported_with_its_line() {
        assert_eq!(found("See\n`crates/plan/src/gone.rs`."), ["a.md:2: there is no `crates/plan/src/gone.rs`"]);
        assert_eq!(found("`docs/`"), ["a.md:1: there is no `docs/`"]);
    }

    #[test]
    fn what_exists_or_is_no_path_has_no_problems() {
        for text in ["`crates/plan/src/wire.rs`", "`cirun plan examples/a.yaml`", "`crates/NAME/src`", "`docs/*.md`"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    /// A check that finds nothing to check proves nothing.
    #[test]
    fn the_page_of_changes_names_files() {
        let page = include_str!("../../../docs/how-to-change.md");
        let paths = documents::lines(page).flat_map(|(_, parts)| parts);
        let paths = paths.filter(|part| matches!(part, Part::Code(code) if is_path(code))).count();
        assert!(paths >= 25, "{paths} paths");
    }
}
