//! The list of what was refused, in the guard's directory, for who looks why a step failed.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde_json::json;

use super::refusal::Refusal;

/// The file's name.
const FILE: &str = "refused.jsonl";
/// More lines are of no use, and a step could fill the disk with them.
const MAX_LINES: usize = 10_000;

/// The list, one JSON object a line.
#[derive(Debug)]
pub(super) struct Refused {
    file: PathBuf,
    lines: Mutex<usize>,
}

impl Refused {
    /// The list in this directory.
    pub(super) fn new(directory: &Path) -> Self {
        Self { file: directory.join(FILE), lines: Mutex::default() }
    }

    /// Adds a request to the list. What is only not there is no refusal.
    pub(super) fn note(&self, request: &str, refusal: &Refusal) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if refusal.status == 404 || *lines >= MAX_LINES {
            return;
        }
        *lines += 1;
        let line = json!({"request": request, "status": refusal.status, "reason": refusal.message});
        let file = OpenOptions::new().create(true).append(true).open(&self.file);
        // The step hears of it in any case.
        drop(file.and_then(|mut file| writeln!(file, "{line}")));
    }
}
