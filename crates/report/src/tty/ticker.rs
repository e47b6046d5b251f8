//! The thread that draws at regular intervals, so that times advance while nothing happens.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::screen::Screen;

/// Draws until it is dropped.
pub(super) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(super) fn start(screen: Arc<Mutex<Screen>>, pace: Duration) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("cirun-screen".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Acquire) {
                screen.lock().unwrap_or_else(PoisonError::into_inner).tick();
                thread::park_timeout(pace);
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It can only have ended by a panic while drawing, which has already been displayed.
            drop(thread.join());
        }
    }
}
