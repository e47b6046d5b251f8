//! A person has the terminal for a while: what was told before is shown first, and no bars are drawn meanwhile.

use std::time::Duration;

use cirun_engine::Event;
use cirun_report::Pause;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

/// How long the screen may take to show what was told before.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);

/// Hands the terminal over.
#[derive(Clone)]
pub(super) struct Stage {
    /// Takes the live screen off the terminal, if there is one.
    pub pause: Option<Pause>,
    /// Events on their way to the sinks.
    pub told: mpsc::WeakSender<Event>,
}

/// The terminal is a person's until this is dropped.
pub(super) struct Interlude(Option<Pause>);

impl Stage {
    pub(super) async fn clear(&self) -> Interlude {
        self.until_shown().await;
        if let Some(pause) = &self.pause {
            pause.begin();
        }
        Interlude(self.pause.clone())
    }

    /// Waits until the sinks have taken what was told.
    async fn until_shown(&self) {
        let deadline = Instant::now() + SHOWN_WITHIN;
        while let Some(queue) = self.told.upgrade().filter(|queue| queue.capacity() < queue.max_capacity()) {
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
