//! Ctrl-C, SIGTERM and SIGHUP: the first signal stops the run, the second kills it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU8, Ordering},
};

use cirun_report::Pause;
use tokio_util::sync::CancellationToken;

use crate::{console, exit::ExitCode};

/// The signals that cirun has received.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    /// Fires at the first signal.
    pub stop: CancellationToken,
    /// Fires at the second signal.
    pub kill: CancellationToken,
    first: Arc<AtomicU8>,
    deaf: Arc<AtomicBool>,
    /// Hides the progress bars while a message is printed.
    screen: Arc<OnceLock<Pause>>,
}

/// Ctrl-C is ignored until this is dropped, as it is for another program.
#[derive(Debug)]
pub(crate) struct Deaf(Arc<AtomicBool>);

impl Drop for Deaf {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Signals {
    /// Starts listening for signals, until the runtime ends.
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

    /// Ignores Ctrl-C while another program shares the terminal, which gets it too.
    pub(crate) fn leave_interrupts_to_others(&self) -> Deaf {
        self.deaf.store(true, Ordering::SeqCst);
        Deaf(Arc::clone(&self.deaf))
    }

    /// Hides these progress bars from now on when a message is printed.
    pub(crate) fn share_screen_with(&self, pause: Pause) {
        // Set once, as a run has one screen. A second call keeps the first.
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

    /// The exit code of the first signal, if there was one.
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
