//! The output of a command, and its exit code.

use std::{fmt, process::Output};

use super::filters::Filters;

/// A command's output; `Display` shows all of it, filtered, for one snapshot.
#[must_use]
#[derive(Debug)]
pub(crate) struct CommandOutput {
    /// Standard output, unfiltered.
    pub(crate) stdout: String,
    /// Standard error, unfiltered.
    pub(crate) stderr: String,
    status: String,
    code: Option<i32>,
    filters: Filters,
}

impl CommandOutput {
    pub(super) fn new(output: Output, filters: Filters) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
            status: output.status.to_string(),
            code: output.status.code(),
            filters,
        }
    }

    /// Checks the exit code; otherwise the test fails with the whole output.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{self}");
        self
    }

    /// Checks that standard error contains `text`.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "stderr holds no {text:?}\n{self}");
        self
    }

    /// Parses standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// Standard error, filtered.
    pub(crate) fn words(&self) -> String {
        self.filters.apply(&self.stderr)
    }
}

impl fmt::Display for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |name: &str, text: &str| match self.filters.apply(text) {
            text if text.is_empty() => String::new(),
            text => format!("--- {name}\n{text}\n"),
        };
        write!(f, "{}{}--- {}", part("stdout", &self.stdout), part("stderr", &self.stderr), self.status)
    }
}
