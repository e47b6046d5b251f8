//! Signals to the gate, as something to wait for.

use std::{
    io::{self, Read},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{
    consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH},
    flag,
    low_level::pipe,
};

/// The signals that the gate forwards to its commands.
const FORWARDED: [i32; 7] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH];

/// Whether the gate ends after this signal, once its commands have ended.
pub(super) fn ends(signal: i32) -> bool {
    [SIGTERM, SIGINT, SIGHUP, SIGQUIT].contains(&signal)
}

/// The signals that have arrived.
pub(super) struct Signals {
    woken: UnixStream,
    arrived: Vec<(i32, Arc<AtomicBool>)>,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        let mut arrived = Vec::new();
        for signal in FORWARDED {
            let flag = Arc::new(AtomicBool::new(false));
            // Before the pipe: who is woken sees the flag.
            flag::register(signal, Arc::clone(&flag))?;
            pipe::register(signal, waker.try_clone()?)?;
            arrived.push((signal, flag));
        }
        pipe::register(SIGCHLD, waker)?;
        Ok(Self { woken, arrived })
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    /// Returns the signals to forward that have arrived since the last call.
    pub(super) fn take(&mut self) -> Vec<i32> {
        let mut bytes = [0; 64];
        while matches!((&self.woken).read(&mut bytes), Ok(1..)) {}
        let arrived = self.arrived.iter().filter(|(_, flag)| flag.swap(false, Ordering::AcqRel));
        arrived.map(|(signal, _)| *signal).collect()
    }
}
