//! The log of refused names: the gateway writes it, and cirun reads it.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use cirun_aws_emulator::{LogEntry, NOT_EMULATED};
use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use crate::gateway::REQUEST_LOG;

/// The file of names that a closed stage may not resolve, in the record's directory of the emulator.
const REFUSED: &str = "refused-names.jsonl";
/// The file of AWS names whose service is not emulated.
const UNSERVED: &str = "not-emulated-names.jsonl";
/// Maximum number of lines in a file, as a step may ask forever.
const MOST_LINES: usize = 10_000;

/// A name that was asked for and refused.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    time: String,
    name: String,
}

/// Writes names to the files.
pub(super) struct Notes {
    refused: Mutex<Lines>,
    unserved: Mutex<Lines>,
}

impl Notes {
    pub(super) fn new(directory: &Path) -> Self {
        let lines = |name| Mutex::new(Lines { path: directory.join(name), written: 0 });
        Self { refused: lines(REFUSED), unserved: lines(UNSERVED) }
    }

    /// Notes a name that a closed stage may not resolve.
    pub(super) fn refused(&self, name: &str) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).add(name);
    }

    /// Notes a name of AWS whose service is not emulated.
    pub(super) fn not_emulated(&self, name: &str) {
        self.unserved.lock().unwrap_or_else(PoisonError::into_inner).add(name);
    }
}

struct Lines {
    path: PathBuf,
    written: usize,
}

impl Lines {
    /// Appends a line with a single write, so that lines do not mix. Errors are ignored: the name is refused anyway.
    fn add(&mut self, name: &str) {
        let note = Note { time: jiff::Timestamp::now().to_string(), name: name.to_owned() };
        let (true, Ok(mut line)) = (self.written < MOST_LINES, serde_json::to_vec(&note)) else { return };
        line.push(b'\n');
        let opened = OpenOptions::new().create(true).append(true).open(&self.path);
        if opened.and_then(|mut file| file.write_all(&line)).is_ok() {
            self.written += 1;
        }
    }
}

/// The refused names of a closed run and how often each was asked for, in the order of the first question. `directory` is the
/// record's directory of the emulator.
///
/// # Errors
/// The file cannot be read. A missing file counts as empty.
pub fn refused(directory: &Path) -> io::Result<IndexMap<String, usize>> {
    let mut names = IndexMap::new();
    for note in lines::<Note>(&directory.join(REFUSED))? {
        *names.entry(note.name).or_insert(0) += 1;
    }
    Ok(names)
}

/// The names of AWS whose service is not emulated and that steps looked up or called.
pub(crate) fn not_emulated(directory: &Path) -> io::Result<IndexSet<String>> {
    let mut names: IndexSet<String> =
        lines::<Note>(&directory.join(UNSERVED))?.into_iter().map(|note| note.name).collect();
    let calls = lines::<LogEntry>(&directory.join(REQUEST_LOG))?.into_iter();
    names.extend(calls.filter(|entry| entry.error.as_deref() == Some(NOT_EMULATED)).map(|entry| entry.host));
    Ok(names)
}

fn lines<T: serde::de::DeserializeOwned>(path: &Path) -> io::Result<Vec<T>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
