//! A file with a size limit: the source of a save may be endless.

use std::{
    fs::File,
    io::{self, Write},
};

/// The file.
#[derive(Debug)]
pub(super) struct Capped<'f> {
    file: &'f mut File,
    room: u64,
}

impl<'f> Capped<'f> {
    pub(super) fn new(file: &'f mut File, limit: u64) -> Self {
        Self { file, room: limit }
    }

    /// Whether a write failed because of the limit, rather than the disk.
    pub(super) fn is_full(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::FileTooLarge && error.raw_os_error().is_none()
    }
}

impl Write for Capped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.room {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.file.write(bytes)?;
        self.room -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
