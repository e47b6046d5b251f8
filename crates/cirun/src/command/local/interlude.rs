//! Gives the terminal to a person for a while: shows earlier events first, and hides the progress bars.

use std::time::Duration;

use cirun_engine::Event;
use cirun_report::Pause;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

/// How long to wait for earlier events to be shown.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);

/// Gives the terminal to a person.
#[derive(Clone)]
pub(super) struct Stage {
    /// Hides the progress bars, if there are any.
    pub pause: Option<Pause>,
    /// The queue of events to the sinks.
    pub queue: mpsc::WeakSender<Event>,
}

/// The person has the terminal until this is dropped.
pub(super) struct Interlude(Option<Pause>);

impl Stage {
    pub(super) async fn clear(&self) -> Interlude {
        self.until_shown().await;
        if let Some(pause) = &self.pause {
            pause.begin();
        }
        Interlude(self.pause.clone())
    }

    /// Waits until the sinks have taken all events.
    async fn until_shown(&self) {
        let deadline = Instant::now() + SHOWN_WITHIN;
        while let Some(queue) = self.queue.upgrade().filter(|queue| queue.capacity() < queue.max_capacity()) {
            drop(queue);
            if Instant::now() > deadline {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Interlude {
    fn drop(&mut self) {
        if let Some(pause) = &self.0 {
            pause.end();
        }
    }
}
