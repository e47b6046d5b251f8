//! Finds files by a pattern, in a directory.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::{Entry, Kind, Limits, Refusal, Root};

/// Characters that make a path a pattern.
const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

/// Whether a path is a pattern.
pub fn has_wildcards(path: &str) -> bool {
    path.contains(WILDCARDS)
}

/// An absolute path without `.` and `..`, which never leaves the root. Links are not resolved.
pub fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The reach of `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Star {
    /// Up to the next slash; `**` crosses slashes.
    OneName,
    /// Across slashes.
    AnyDepth,
}

/// A pattern of paths in a directory.
#[derive(Debug)]
pub struct Pattern {
    /// The names before the first wildcard, or the whole path if there is none.
    literal: PathBuf,
    /// The matcher of the rest, and its maximum depth below `literal`.
    wild: Option<(GlobMatcher, Option<usize>)>,
}

/// The result of a search.
#[derive(Debug, Default)]
pub struct Finding {
    /// The matching files, directories and other entries, but no links, sorted; their paths start at the root.
    pub entries: Vec<Entry>,
    /// Matches that were not accessible, with reasons.
    pub refused: Vec<(PathBuf, Refusal)>,
}

impl Pattern {
    /// Parses a pattern, whose path must be relative.
    ///
    /// # Errors
    /// [`Refusal::Pattern`], with the problem.
    pub fn new(text: &str, star: Star) -> Result<Self, Refusal> {
        let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let fixed = parts.iter().take_while(|part| !has_wildcards(part)).count();
        let literal = parts[..fixed].iter().collect();
        if fixed == parts.len() {
            return Ok(Self { literal, wild: None });
        }
        let glob = GlobBuilder::new(&parts.join("/")).literal_separator(star == Star::OneName).build();
        let matcher = glob.map_err(|error| Refusal::Pattern(error.kind().to_string()))?.compile_matcher();
        let endless = star == Star::AnyDepth || parts.iter().any(|part| part.contains("**"));
        // A brace may contain slashes: `{a,b/c}`.
        let endless = endless || parts[fixed..].iter().any(|part| part.contains(['{', '[']));
        Ok(Self { literal, wild: Some((matcher, (!endless).then(|| parts.len() - fixed - 1))) })
    }

    /// Whether a path matches; both are relative to the same directory.
    pub fn matches(&self, path: &str) -> bool {
        let path = path.trim_start_matches('/');
        match &self.wild {
            Some((matcher, _)) => matcher.is_match(path),
            None => self.literal == Path::new(path),
        }
    }

    /// Whether it has no wildcards.
    pub fn is_literal(&self) -> bool {
        self.wild.is_none()
    }

    /// Searches for matches. A missing entry is not an error; a directory that cannot be read is skipped. Directories
    /// whose [identity](crate::Facts::identity) is `excluded` are skipped with their content.
    pub fn find(&self, root: &Root, limits: Limits, excluded: &[(u64, u64)]) -> Finding {
        let mut finding = Finding::default();
        let Some((matcher, depth)) = &self.wild else {
            match root.entry(&self.literal) {
                Ok(entry) => finding.take(entry),
                Err(refusal) => finding.refuse(self.literal.clone(), refusal),
            }
            return finding;
        };
        let start = match root.sub(&self.literal) {
            Ok(start) => start,
            Err(refusal) => {
                finding.refuse(self.literal.clone(), refusal);
                return finding;
            }
        };
        let limit = depth.map_or(limits.depth, |depth| depth.min(limits.depth));
        let mut walk = start.walk(Limits { depth: limits.depth, ..limits });
        while let Some(next) = walk.next() {
            match next {
                Ok(entry) => {
                    let is_directory = entry.facts.kind == Kind::Directory;
                    if is_directory && excluded.contains(&entry.facts.identity) {
                        walk.skip_directory();
                        continue;
                    }
                    if is_directory && entry.path.components().count() > limit {
                        walk.skip_directory();
                    }
                    let path = self.literal.join(&entry.path);
                    if matcher.is_match(&path) {
                        finding.take(entry.settled(root, path));
                    }
                }
                Err((path, refusal @ (Refusal::TooMany(_) | Refusal::TooDeep(_)))) => {
                    finding.refuse(self.literal.join(path), refusal);
                }
                Err(_) => {}
            }
        }
        finding
    }
}

impl Finding {
    fn take(&mut self, entry: Entry) {
        match entry.facts.kind {
            Kind::Link => self.refused.push((entry.path.clone(), Refusal::Link(entry.path))),
            _ => self.entries.push(entry),
        }
    }

    fn refuse(&mut self, path: PathBuf, refusal: Refusal) {
        if !refusal.is_missing() {
            self.refused.push((path, refusal));
        }
    }
}

/// The rest of an absolute path in a directory; both are normalised.
pub fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    let directory = directory.trim_end_matches('/');
    let rest = path.strip_prefix(directory)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn found(text: &str, star: Star) -> String {
        let dir = tempfile::tempdir().unwrap();
        for file in ["junit.xml", "a/junit.xml", "a/b/c.xml", "a/b/c.txt", "x[1]/r.xml"] {
            fs::create_dir_all(dir.path().join(file).parent().unwrap()).unwrap();
            fs::write(dir.path().join(file), file).unwrap();
        }
        symlink("/etc", dir.path().join("etc")).unwrap();
        symlink("/etc/passwd", dir.path().join("linked.xml")).unwrap();
        let limits = Limits { entries: 100, depth: 8 };
        let pattern = match Pattern::new(text, star) {
            Ok(pattern) => pattern,
            Err(refusal) => return refusal.to_string(),
        };
        let Finding { entries, refused } = pattern.find(&Root::open(dir.path()).unwrap(), limits, &[]);
        let files = entries.into_iter().map(|entry| entry.path.display().to_string());
        let refused = refused.into_iter().map(|(path, refusal)| format!("({}: {refusal})", path.display()));
        files.chain(refused).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn patterns() {
        for (text, files) in [
            ("junit.xml", "junit.xml"),
            ("./*/junit.xml", "a/junit.xml"),
            ("a", "a"),
            ("a/*", "a/b a/junit.xml"),
            (
                "**/*.xml",
                "a/b/c.xml a/junit.xml junit.xml x[1]/r.xml (linked.xml: `linked.xml` is a symbolic link, and links are not followed)",
            ),
            ("a/{b,x}/*", "a/b/c.txt a/b/c.xml"),
            ("{a/b,x}/*.xml", "a/b/c.xml"),
            ("none/*.xml", ""),
            ("none.xml", ""),
            ("x[[]1]/*", "x[1]/r.xml"),
            ("etc/*", "(etc: `etc` is a symbolic link, and links are not followed)"),
            ("etc/passwd", "(etc/passwd: `etc` is a symbolic link, and links are not followed)"),
            ("../*", "(..: it leads out of its directory)"),
            ("a[.xml", "it is not a pattern: unclosed character class; missing ']'"),
        ] {
            assert_eq!(found(text, Star::OneName), files, "{text}");
        }
        assert_eq!(found("a/*.xml", Star::AnyDepth), "a/b/c.xml a/junit.xml");
    }

    #[test]
    fn a_limit_is_said() {
        let dir = tempfile::tempdir().unwrap();
        for name in 0..20 {
            fs::write(dir.path().join(format!("{name}.xml")), "").unwrap();
        }
        let finding = Pattern::new("*.xml", Star::OneName).unwrap().find(
            &Root::open(dir.path()).unwrap(),
            Limits { entries: 10, depth: 1 },
            &[],
        );
        assert_eq!(finding.entries.len(), 0);
        assert_eq!(finding.refused[0].1.to_string(), "it holds more than 10 files and directories");
    }

    #[test]
    fn paths_are_made_normal_by_their_text() {
        for (path, is) in [
            ("/harness/../etc", "/etc"),
            ("/harness/./a//b/", "/harness/a/b"),
            ("/../..", "/"),
            ("/a/b/../../../c/**/*.xml", "/c/**/*.xml"),
        ] {
            assert_eq!(normal(path), is, "{path}");
        }
        assert_eq!(below("/harness/a", "/harness"), Some("a"));
        assert_eq!(below("/harness", "/harness"), Some(""));
        assert_eq!(below("/harness2/a", "/harness"), None);
        assert_eq!(below("/a", "/"), Some("a"));
    }
}
