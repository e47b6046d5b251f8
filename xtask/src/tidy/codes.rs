//! Every diagnostic of a document or a plan must be shown by a bad document under an `err/` folder.

use std::{fs, path::Path};

use anyhow::Result;

use super::sources::Source;
use crate::project;

/// The tables of codes that a document can cause without a run.
const TABLES: [&str; 2] = ["diagnostics/src/codes/documents.rs", "diagnostics/src/codes/plan.rs"];

pub(super) fn check(files: &[Source]) -> Result<Vec<String>> {
    let mut shown = String::new();
    for area in ["testdata", "crates"] {
        snapshots(&project::root().join(area), false, &mut shown)?;
    }
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| TABLES.iter().any(|table| file.path.ends_with(table))) {
        for (line, code) in codes(&file.text) {
            if !mentions(&shown, code) {
                problems.push(format!("{}:{line}: no document under err/ shows `{code}`", file.path));
            }
        }
    }
    Ok(problems)
}

/// The codes of the table: lines of the form `NAME = Severity "the-code", …`.
fn codes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    const SEVERITIES: [&str; 4] = ["Error", "Warning", "Parity", "Note"];
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    text.lines().enumerate().filter_map(move |(number, line)| {
        let (_, row) = line.trim().split_once(" = ").filter(|(name, _)| is_name(name))?;
        let (severity, rest) = row.split_once(" \"")?;
        let (code, _) = rest.split_once('"')?;
        (SEVERITIES.contains(&severity) && !code.contains(' ')).then_some((number + 1, code))
    })
}

/// Whether `text` contains the code as a whole word: `missing-field` is not in `missing-field-value`.
fn mentions(text: &str, code: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    text.match_indices(code)
        .any(|(at, _)| !inside(text[..at].chars().next_back()) && !inside(text[at + code.len()..].chars().next()))
}

/// Adds every snapshot in a directory named `err`.
fn snapshots(dir: &Path, in_err: bool, shown: &mut String) -> Result<()> {
    if !dir.is_dir() {
        return Ok(());
    }
    let in_err = in_err || dir.ends_with("err");
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            snapshots(&path, in_err, shown)?;
        } else if in_err && path.extension().is_some_and(|extension| extension == "snap") {
            shown.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_table() {
        let text = "codes! {\n    NOT_UTF8 = Error \"not-utf8\", \"no UTF-8\",\n        \"Save = \\\"x\\\".\";\n}\n";
        assert_eq!(codes(text).collect::<Vec<_>>(), [(2, "not-utf8")]);
        assert_eq!(codes("    let text = \"error\";\n").count(), 0);
    }

    #[test]
    fn a_code_is_a_whole_word() {
        assert!(mentions("error[missing-field]: x", "missing-field"));
        assert!(!mentions("error[missing-field-value]: x", "missing-field"));
    }
}
