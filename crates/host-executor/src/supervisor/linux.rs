//! The processes of a step on Linux: every descendant, including those that left the process group or became daemons.
//!
//! The supervisor is their subreaper (prctl(2)): a process whose parent ends becomes its child. A child that was not waited
//! for keeps its pid, so a signal sent under the lock below cannot reach another process.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use rustix::{
    io::Errno,
    process::{
        Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, kill_process, kill_process_group,
        set_child_subreaper, wait, waitid,
    },
};

use super::Left;
use crate::{process_table, protocol::Report};

/// Call it before the first process starts.
pub(super) fn prepare() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// The step's processes.
pub(super) struct Family {
    leader: Pid,
    /// Whether the leader has been waited for: its pid, and its group's, may then belong to another process.
    leader_gone: Mutex<bool>,
}

impl Family {
    pub(super) fn new(leader: Pid) -> Self {
        Self { leader, leader_gone: Mutex::new(false) }
    }

    pub(super) fn wait_for_leader(&self) -> io::Result<Report> {
        loop {
            match self.reap()? {
                Some((pid, status)) if pid == self.leader => return Ok(ended(status)),
                Some(_) => {}
                None => return Err(io::ErrorKind::NotFound.into()),
            }
        }
    }

    /// Waits until no descendant is left. The thread that receives orders ends with the process.
    pub(super) fn wait_for_others(&self, _orders: JoinHandle<()>) -> io::Result<()> {
        while self.reap()?.is_some() {}
        Ok(())
    }

    /// Signals the leader's group and every child.
    pub(super) fn signal(&self, signal: Signal) -> Left {
        let gone = self.lock();
        let mut left = Left::None;
        // Processes of another user (sudo) cannot be signalled; they count as left.
        if !*gone && kill_process_group(self.leader, signal) != Err(Errno::SRCH) {
            left = Left::Some;
        }
        for child in process_table::children_of(getpid()) {
            if kill_process(child, signal) != Err(Errno::SRCH) {
                left = Left::Some;
            }
        }
        left
    }

    /// Waits for the next child to end; `None` if there are no more children.
    fn reap(&self) -> io::Result<Option<(Pid, WaitStatus)>> {
        loop {
            match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(Errno::CHILD) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            let mut gone = self.lock();
            if let Some((pid, status)) = wait(WaitOptions::NOHANG)? {
                *gone |= pid == self.leader;
                return Ok(Some((pid, status)));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        // A flag cannot be half-written.
        self.leader_gone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ended(status: WaitStatus) -> Report {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Report::Exited(code),
        (None, Some(signal)) => Report::Signalled(signal),
        (None, None) => Report::Exited(status.as_raw()),
    }
}
