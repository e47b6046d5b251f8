//! Reports that wait until the stream takes them.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::{Errno, write},
};

use crate::protocol::{Report, encode};

/// Output is read from commands until this much of it waits.
const ROOM: usize = 256 << 10;

/// Reports that wait, and the stream.
pub(super) struct Outbox {
    stream: io::Stdout,
    waiting: Vec<u8>,
    /// The bytes before this place are written.
    written: usize,
}

impl Outbox {
    pub(super) fn new() -> io::Result<Self> {
        let stream = io::stdout();
        fcntl_setfl(&stream, fcntl_getfl(&stream)? | OFlags::NONBLOCK)?;
        Ok(Self { stream, waiting: Vec::new(), written: 0 })
    }

    /// Sends a report, now or when the stream takes it.
    pub(super) fn send(&mut self, report: &Report) {
        encode(report, &mut self.waiting);
        // An error shows again when the rest is written.
        drop(self.flush());
    }

    /// Whether more output may be sent; other reports always may.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() - self.written < ROOM
    }

    /// The stream, if it is waited for.
    pub(super) fn waiting(&self) -> Option<BorrowedFd<'_>> {
        (self.written < self.waiting.len()).then(|| self.stream.as_fd())
    }

    /// Writes what the stream takes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while self.written < self.waiting.len() {
            match write(&self.stream, &self.waiting[self.written..]) {
                Ok(length) => self.written += length,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.written == self.waiting.len() {
            self.waiting.clear();
            self.written = 0;
        } else if self.written >= ROOM {
            self.waiting.drain(..self.written);
            self.written = 0;
        }
        Ok(())
    }
}
