//! The processes of a step where there is no subreaper (macOS): its process group. A process that leaves the group
//! escapes.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread::JoinHandle,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpid},
};

use super::Left;
use crate::protocol::Report;

/// Call it before the first process starts.
pub(super) fn prepare() -> io::Result<()> {
    Ok(())
}

/// The step's process group.
pub(super) struct Family {
    leader: Pid,
    leader_gone: AtomicBool,
}

impl Family {
    pub(super) fn new(leader: Pid) -> Self {
        Self { leader, leader_gone: AtomicBool::new(false) }
    }

    pub(super) fn wait_for_leader(&self) -> io::Result<Report> {
        loop {
            match waitpid(Some(self.leader), WaitOptions::empty()) {
                Ok(Some((_, status))) => {
                    self.leader_gone.store(true, Ordering::Release);
                    return Ok(match (status.exit_status(), status.terminating_signal()) {
                        (Some(code), _) => Report::Exited(code),
                        (None, Some(signal)) => Report::Signalled(signal),
                        (None, None) => Report::Exited(status.as_raw()),
                    });
                }
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for the order to end the rest of the group, if any.
    pub(super) fn wait_for_others(&self, orders: JoinHandle<()>) -> io::Result<()> {
        if test_kill_process_group(self.leader).is_ok() {
            orders.join().map_err(|_| io::Error::other("the thread that takes orders panicked"))?;
        }
        Ok(())
    }

    pub(super) fn signal(&self, signal: Signal) -> Left {
        let sent = kill_process_group(self.leader, signal);
        if sent.is_ok() || !self.leader_gone.load(Ordering::Acquire) { Left::Some } else { Left::None }
    }
}
