//! Files that an executor reads and writes through the gate; see `cirun-beneath` for the rules.

use std::{ffi::OsStr, io::Write, os::unix::ffi::OsStrExt, path::Path};

use cirun_beneath::{Refusal, Root};

use crate::protocol::LIMIT;

/// The longest content of a report, which has other fields too.
const LONGEST: u64 = LIMIT as u64 - 1024;

/// Reads a regular file; the error is text to print.
pub(super) fn read(directory: &[u8], path: &[u8], limit: u32) -> Result<Vec<u8>, String> {
    let read = Root::open(as_path(directory)).and_then(|root| root.read(as_path(path), u64::from(limit).min(LONGEST)));
    read.map_err(|refusal| refusal.to_string())
}

/// Writes a new file; the error is text to print.
pub(super) fn write(directory: &[u8], path: &[u8], mode: u32, content: &[u8]) -> Result<(), String> {
    let created = Root::open(as_path(directory)).and_then(|root| root.create(as_path(path), mode));
    let written = created.and_then(|mut file| file.write_all(content).map_err(Refusal::Io));
    written.map_err(|refusal| refusal.to_string())
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
