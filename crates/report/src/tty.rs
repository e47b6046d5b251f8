//! `--progress tty`: lines as in plain output, and below them live bars of what is running.

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

/// How often to draw the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// At this interval, however much happens; lines wait for the next drawing.
    Every(Duration),
    /// After every event, and at no other time.
    EachEvent,
}

impl Default for Refresh {
    /// Fifteen times a second: users see no delay, and a slow connection can follow.
    fn default() -> Self {
        Self::Every(Duration::from_millis(66))
    }
}

/// Draws on a terminal. It never hides the cursor, and removes its bars when the run ends or the sink is dropped, so
/// the terminal is in order even if cirun is stopped in between.
pub struct TtySink {
    screen: Arc<Mutex<Screen>>,
    ticker: Option<Ticker>,
}

impl TtySink {
    /// Draws on `term`; `now` returns the time for the durations of running steps.
    ///
    /// # Errors
    /// If the drawing thread cannot be started.
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

    /// A handle to pause it.
    pub fn pause(&self) -> Pause {
        Pause(Arc::clone(&self.screen))
    }
}

/// Pauses a [`TtySink`], so that cirun can ask the user something.
#[derive(Clone)]
pub struct Pause(Arc<Mutex<Screen>>);

impl Pause {
    /// Draws everything so far, removes the bars, and stops drawing. Best effort: an error of the terminal recurs with
    /// the next drawing.
    pub fn begin(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).pause());
    }

    /// Resumes drawing.
    pub fn end(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).resume());
    }
}

impl Sink for TtySink {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        // A drawing that panicked left at most an incomplete bar; the next one fixes it.
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
