//! The log of refused requests, in the proxy's directory, to find out why a step failed.

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
/// The largest number of lines: more are not useful, and a step could fill the disk with them.
const MAX_LINES: usize = 10_000;

/// The log, one JSON object per line.
#[derive(Debug)]
pub(super) struct Refused {
    file: PathBuf,
    lines: Mutex<usize>,
}

impl Refused {
    /// The log in this directory.
    pub(super) fn new(directory: &Path) -> Self {
        Self { file: directory.join(FILE), lines: Mutex::default() }
    }

    /// Adds a request to the log. A missing object is not a refusal.
    pub(super) fn note(&self, request: &str, refusal: &Refusal) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if refusal.status == 404 || *lines >= MAX_LINES {
            return;
        }
        *lines += 1;
        let line = json!({"request": request, "status": refusal.status, "reason": refusal.message});
        let file = OpenOptions::new().create(true).append(true).open(&self.file);
        // The step gets the error in any case.
        drop(file.and_then(|mut file| writeln!(file, "{line}")));
    }
}
