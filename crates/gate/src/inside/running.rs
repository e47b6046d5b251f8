//! A command that runs, or whose last output is being read.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    process::Pid,
};

use super::{PIECE, processes, spawn};
use crate::protocol::{End, NotStarted, Program, Size, Stream, WINDOW};

/// How long the output of an ended command may be silent before it is complete. It ends at once, unless a process that
/// the gate could not kill has it too.
const SILENCE: Duration = Duration::from_millis(500);

/// A command.
pub(super) struct Running {
    pid: Pid,
    /// Whether its end ends every other process.
    pub(super) alone: bool,
    output: Vec<Option<(Stream, File)>>,
    input: Option<File>,
    /// Input that the command has not taken yet.
    waiting_input: Vec<u8>,
    /// Its input ends after what waits.
    input_ends: bool,
    terminal: Option<File>,
    /// Bytes of output that are not acknowledged.
    on_the_way: u64,
    kill_at: Option<Instant>,
    end: Option<End>,
    /// When its output last came, or could not be read.
    heard: Instant,
    oom_kills_before: u64,
}

impl Running {
    pub(super) fn start(program: &Program, alone: bool) -> Result<Self, NotStarted> {
        let oom_kills_before = processes::oom_kills();
        let spawned = spawn::spawn(program)?;
        if let Some(input) = &spawned.input {
            // Otherwise a command that does not read would block the gate.
            set_nonblocking(input).map_err(|error| NotStarted::Other(error.to_string()))?;
        }
        Ok(Self {
            pid: spawned.pid,
            alone,
            output: spawned.output.into_iter().map(Some).collect(),
            input: spawned.input,
            waiting_input: Vec::new(),
            input_ends: false,
            terminal: spawned.terminal,
            on_the_way: 0,
            kill_at: None,
            end: None,
            heard: Instant::now(),
            oom_kills_before,
        })
    }

    pub(super) fn is(&self, pid: Pid) -> bool {
        self.end.is_none() && self.pid == pid
    }

    /// Takes the end of its process. What it leaves behind ends too, so that its output ends.
    pub(super) fn ended(&mut self, end: End) {
        self.end = Some(end);
        self.heard = Instant::now();
        self.kill_at = None;
        if self.alone {
            processes::kill_group(self.pid);
            processes::kill_others();
        }
    }

    /// Whether more of its output may be on the way.
    pub(super) fn may_send(&self) -> bool {
        self.on_the_way < WINDOW
    }

    pub(super) fn acknowledge(&mut self, bytes: u64) {
        self.on_the_way = self.on_the_way.saturating_sub(bytes);
    }

    /// Its open streams, by index.
    pub(super) fn streams(&self) -> impl Iterator<Item = (usize, BorrowedFd<'_>)> {
        let open = self.output.iter().enumerate();
        open.filter_map(|(index, stream)| stream.as_ref().map(|(_, file)| (index, file.as_fd())))
    }

    /// Reads a stream that is ready; `None` at its end.
    pub(super) fn read(&mut self, index: usize) -> Option<(Stream, Vec<u8>)> {
        let slot = self.output.get_mut(index)?;
        let (stream, file) = slot.as_mut()?;
        let mut bytes = vec![0; PIECE];
        match file.read(&mut bytes) {
            Ok(length @ 1..) => {
                bytes.truncate(length);
                self.on_the_way += length as u64;
                self.heard = Instant::now();
                Some((*stream, bytes))
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => None,
            // A terminal whose last process has gone fails.
            Ok(_) | Err(_) => {
                *slot = None;
                None
            }
        }
    }

    pub(super) fn input(&mut self, bytes: &[u8]) {
        if self.input.is_some() {
            self.waiting_input.extend_from_slice(bytes);
            self.write_input();
        }
    }

    pub(super) fn end_input(&mut self) {
        self.input_ends = true;
        self.write_input();
    }

    pub(super) fn pending_input(&self) -> Option<BorrowedFd<'_>> {
        self.input.as_ref().filter(|_| !self.waiting_input.is_empty()).map(AsFd::as_fd)
    }

    /// Writes what the command takes.
    pub(super) fn write_input(&mut self) {
        let Some(input) = &mut self.input else { return };
        while !self.waiting_input.is_empty() {
            match input.write(&self.waiting_input) {
                Ok(length) => drop(self.waiting_input.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The command has closed it.
                Err(_) => {
                    self.waiting_input.clear();
                    self.input_ends = true;
                }
            }
        }
        if self.input_ends {
            self.input = None;
        }
    }

    pub(super) fn resize(&self, size: Size) {
        if let Some(terminal) = &self.terminal {
            // A wrong size only looks bad.
            drop(spawn::resize(terminal, size));
        }
    }

    /// Sends a signal to its process.
    pub(super) fn signal(&self, signal: i32) {
        if self.end.is_none() {
            processes::signal(self.pid, signal);
        }
    }

    pub(super) fn stop(&mut self, signal: i32, kill_at: Instant) {
        self.signal(signal);
        self.kill_at = Some(self.kill_at.map_or(kill_at, |earlier| earlier.min(kill_at)));
    }

    fn kill(&self) {
        processes::kill_group(self.pid);
        if self.alone {
            processes::kill_others();
        }
    }

    pub(super) fn next_time(&self) -> Option<Instant> {
        let silence = self.end.map(|_| self.heard + SILENCE);
        self.kill_at.into_iter().chain(silence).min()
    }

    /// Kills it if that is due; returns its end once all its output has been read. `room` is whether output could be
    /// sent.
    pub(super) fn pass_time(&mut self, now: Instant, room: bool) -> Option<(End, bool)> {
        if self.end.is_none() && self.kill_at.is_some_and(|at| at <= now) {
            self.kill();
            self.kill_at = None;
        }
        if !room || !self.may_send() {
            self.heard = now;
        }
        let end = self.end?;
        let is_complete = self.output.iter().all(Option::is_none) || now >= self.heard + SILENCE;
        is_complete.then(|| (end, processes::oom_kills() > self.oom_kills_before))
    }
}

/// A command whose executor has gone must not stay.
impl Drop for Running {
    fn drop(&mut self) {
        if self.end.is_none() {
            self.kill();
        }
    }
}

fn set_nonblocking(file: &File) -> io::Result<()> {
    Ok(fcntl_setfl(file, fcntl_getfl(file)? | OFlags::NONBLOCK)?)
}
