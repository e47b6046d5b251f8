//! The documents for users: the pages at the root and those in `docs/`.

use std::fs;

use anyhow::{Context, Result};

use super::sources::Source;
use crate::project;

/// Pages at the root, without CHANGELOG.md, which keeps the words of its time.
const ROOT: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"];
const FOLDERS: [&str; 2] = ["docs", "docs/reference"];
/// Generated from the sources, which are checked themselves.
const GENERATED: &str = "diagnostics.md";

/// The documents that are written by hand, in the order of their paths.
pub(super) fn all() -> Result<Vec<Source>> {
    let mut paths: Vec<String> = ROOT.iter().map(ToString::to_string).collect();
    for folder in FOLDERS {
        let path = project::root().join(folder);
        for entry in fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") && name != GENERATED {
                paths.push(format!("{folder}/{name}"));
            }
        }
    }
    paths.sort();
    let read = |path: String| {
        let text = fs::read_to_string(project::root().join(&path)).with_context(|| format!("cannot read {path}"))?;
        Ok(Source { path, text })
    };
    paths.into_iter().map(read).collect()
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Prose.
    Prose(&'a str),
    /// The text between backticks.
    Code(&'a str),
}

/// The lines outside fenced blocks, numbered from 1, each split into prose and code.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<Part<'_>>)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let fence = line.trim_start().starts_with("```");
        let inside = fenced || fence;
        fenced ^= fence;
        (!inside).then(|| (number + 1, parts(line)))
    })
}

/// The lines of a source, numbered from 1, each split at code spans.
pub(super) fn source_lines(text: &str) -> impl Iterator<Item = (usize, Vec<Part<'_>>)> {
    text.lines().enumerate().map(|(number, line)| (number + 1, parts(line)))
}

/// A code span ends with as many backticks as it began with. Without them, all of it is prose.
fn parts(line: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), line);
    while let Some((before, code, after)) = first_code(rest) {
        parts.extend([Part::Prose(before), Part::Code(code)]);
        rest = after;
    }
    parts.push(Part::Prose(rest));
    parts
}

/// The text before the first code span, in it, and after it.
fn first_code(text: &str) -> Option<(&str, &str, &str)> {
    let runs: Vec<(usize, usize)> = backticks(text);
    let (at, &(start, length)) =
        runs.iter().enumerate().find(|(at, (_, length))| runs[at + 1..].iter().any(|(_, other)| other == length))?;
    let (end, _) = runs[at + 1..].iter().find(|(_, other)| *other == length)?;
    Some((&text[..start], &text[start + length..*end], &text[end + length..]))
}

/// The positions and lengths of runs of backticks.
fn backticks(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in text.match_indices('`') {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == at => *length += 1,
            Some(_) | None => runs.push((at, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{
        Part::{Code, Prose},
        *,
    };

    #[test]
    fn a_line_is_split_at_its_code() {
        assert_eq!(parts("a `b` c"), [Prose("a "), Code("b"), Prose(" c")]);
        assert_eq!(parts("``a ` b`` c"), [Prose(""), Code("a ` b"), Prose(" c")]);
        assert_eq!(parts("a ` b"), [Prose("a ` b")]);
        assert_eq!(parts("a `` b `c`"), [Prose("a `` b "), Code("c"), Prose("")]);
    }

    #[test]
    fn fenced_blocks_are_left_out() {
        let text = "one\n```sh\ntwo\n```\nthree\n";
        assert_eq!(lines(text).collect::<Vec<_>>(), [(1, vec![Prose("one")]), (5, vec![Prose("three")])]);
    }
}
