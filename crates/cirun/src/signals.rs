//! Ctrl-C and its relatives: the first asks the run to end, the second kills it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU8, Ordering},
};

use cirun_report::Pause;
use tokio_util::sync::CancellationToken;

use crate::{console, exit::ExitCode};

/// What signals have asked for.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    /// Fires at the first signal.
    pub stop: CancellationToken,
    /// Fires at the second.
    pub kill: CancellationToken,
    first: Arc<AtomicU8>,
    deaf: Arc<AtomicBool>,
    /// Takes the live screen off the terminal while the person is answered.
    screen: Arc<OnceLock<Pause>>,
}

/// Ctrl-C is meant for another program until this is dropped.
#[derive(Debug)]
pub(crate) struct Deaf(Arc<AtomicBool>);

impl Drop for Deaf {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Signals {
    /// Listens from now on, for as long as the runtime lives.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let signals = Self::default();
        let mut source = Source::new()?;
        let heard = signals.clone();
        tokio::spawn(async move {
            loop {
                heard.hear(source.next().await);
            }
        });
        Ok(signals)
    }

    /// A program that shares the terminal gets Ctrl-C too, and it is for that program alone.
    pub(crate) fn leave_interrupts_to_others(&self) -> Deaf {
        self.deaf.store(true, Ordering::SeqCst);
        Deaf(Arc::clone(&self.deaf))
    }

    /// From now on the run has a live screen.
    pub(crate) fn share_screen_with(&self, pause: Pause) {
        // A run has one screen; a second one would find the first in place, which serves as well.
        drop(self.screen.set(pause));
    }

    fn hear(&self, code: ExitCode) {
        if code == ExitCode::Interrupted && self.deaf.load(Ordering::SeqCst) {
            return;
        }
        if self.stop.is_cancelled() {
            self.kill.cancel();
            return;
        }
        self.first.store(code.code(), Ordering::SeqCst);
        let screen = self.screen.get();
        screen.inspect(|screen| screen.begin());
        console::say("stopping; press Ctrl-C again to kill");
        screen.inspect(|screen| screen.end());
        self.stop.cancel();
    }

    /// The exit code of the signal that ended the run, if one did.
    pub(crate) fn exit_code(&self) -> Option<ExitCode> {
        match self.first.load(Ordering::SeqCst) {
            0 => None,
            code if code == ExitCode::Terminated.code() => Some(ExitCode::Terminated),
            _ => Some(ExitCode::Interrupted),
        }
    }
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupt.recv() => ExitCode::Interrupted,
            _ = self.terminate.recv() => ExitCode::Terminated,
            _ = self.hang_up.recv() => ExitCode::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> ExitCode {
        match tokio::signal::ctrl_c().await {
            Ok(()) => ExitCode::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }
}
