//! Values that differ from run to run, and their replacements in snapshots.

use std::path::Path;

use regex::Regex;

/// Patterns and their replacements, in the order in which they are applied.
const FILTERS: [(&str, &str); 7] = [
    (r"\b\d{4}-\d{6}-[0-9a-f]{6}\b", "[RUN]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
    (r"sha256:[0-9a-f]{64}", "[DIGEST]"),
    (r"\b[0-9a-f]{40}\b", "[COMMIT]"),
    (r"127\.0\.0\.1:\d+", "[REGISTRY]"),
    (r"(?m)^(  engine     ).*$", "${1}[ENGINE]"),
    (r"\b\d+(\.\d+)? ?(ms|s)\b", "[ELAPSED]"),
];

/// The filters of one test environment.
#[derive(Debug, Clone)]
pub(super) struct Filters {
    root: String,
}

/// The filters for an environment in the directory `root`.
pub(super) fn of(root: &Path) -> Filters {
    Filters { root: root.display().to_string() }
}

impl Filters {
    pub(super) fn apply(&self, text: &str) -> String {
        let mut text = text.replace(&self.root, "[ROOT]");
        for (pattern, word) in FILTERS {
            text = Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
        }
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}
