//! `--progress tty`: lines as in plain output, and under them live bars of what runs now.

mod bars;
mod screen;
mod ticker;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cirun_engine::Event;
use indicatif::TermLike;
use jiff::Timestamp;

use self::{screen::Screen, ticker::Ticker};
use crate::{Colour, Sink, SinkError, closing::PROGRESS};

/// How often the screen is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// At this pace, however much happens; lines wait for the next drawing.
    Every(Duration),
    /// After every event, and never between.
    EachEvent,
}

impl Default for Refresh {
    /// Fifteen times a second: a person sees no delay, and a slow connection can follow.
    fn default() -> Self {
        Self::Every(Duration::from_millis(66))
    }
}

/// Draws on a terminal. It never hides the cursor, and takes its bars away when the run ends or the sink is dropped, so the
/// terminal is in order even when cirun is stopped in between.
pub struct TtySink {
    screen: Arc<Mutex<Screen>>,
    ticker: Option<Ticker>,
}

impl TtySink {
    /// Draws on `term`; `now` tells the time that running steps are measured with.
    ///
    /// # Errors
    /// When the thread that draws cannot be started.
    pub fn new<T: TermLike + Clone + 'static>(
        term: T,
        colour: Colour,
        refresh: Refresh,
        now: fn() -> Timestamp,
    ) -> Result<Self, SinkError> {
        let screen = Arc::new(Mutex::new(Screen::new(term, colour, refresh, now)));
        let ticker = match refresh {
            Refresh::EachEvent => None,
            Refresh::Every(pace) => Some(Ticker::start(Arc::clone(&screen), pace).map_err(SinkError::write(PROGRESS))?),
        };
        Ok(Self { screen, ticker })
    }

    /// What takes it off the terminal for a while.
    pub fn pause(&self) -> Pause {
        Pause(Arc::clone(&self.screen))
    }
}

/// Takes a [`TtySink`] off the terminal for a while, so that somebody can be asked.
#[derive(Clone)]
pub struct Pause(Arc<Mutex<Screen>>);

impl Pause {
    /// Draws what has been told so far, takes the bars away, and draws no more. Best effort: an error of the terminal comes
    /// again with the next drawing.
    pub fn begin(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).pause());
    }

    /// Draws again.
    pub fn end(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).resume());
    }
}

impl Sink for TtySink {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        // A drawing that panicked left at most a half-drawn bar; the next one mends it.
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.take_error().map_err(SinkError::write(PROGRESS))?;
        let drawn = screen.apply(event);
        match self.ticker {
            Some(_) => drawn,
            None => drawn.and_then(|()| screen.draw()),
        }
        .map_err(SinkError::write(PROGRESS))
    }
}

impl Drop for TtySink {
    fn drop(&mut self) {
        self.ticker = None;
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).leave();
    }
}
