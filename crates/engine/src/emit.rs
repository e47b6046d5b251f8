//! The way out for facts: everything that a person reads goes through the masker here.

use std::sync::Arc;

use cirun_plan::{Secret, StepPath};
use tokio::sync::{mpsc, watch};

use crate::{Clock, Event, EventKind, ImageState, Masker};

/// Stamps facts with the time and sends them.
#[derive(Debug)]
pub(crate) struct Emitter {
    events: mpsc::Sender<Event>,
    clock: Clock,
    masker: watch::Sender<Arc<Masker>>,
}

impl Emitter {
    pub(crate) fn new(events: mpsc::Sender<Event>, clock: Clock, masker: Masker) -> Self {
        Self { events, clock, masker: watch::Sender::new(Arc::new(masker)) }
    }

    /// The masker as it is and as it will be: secrets come to it while the run goes on.
    pub(crate) fn masker(&self) -> watch::Receiver<Arc<Masker>> {
        self.masker.subscribe()
    }

    /// Masks `secrets` from now on.
    pub(crate) fn learn(&self, secrets: &[Secret]) {
        if !secrets.is_empty() {
            self.masker.send_modify(|masker| *masker = Arc::new(masker.with(secrets)));
        }
    }

    pub(crate) fn mask(&self, text: &str) -> String {
        self.masker.borrow().mask(text).into_owned()
    }

    pub(crate) async fn emit(&self, kind: EventKind) {
        let kind = match kind {
            EventKind::ImagePull { image, state: ImageState::Failed { reason } } => EventKind::ImagePull {
                image: self.mask(&image),
                state: ImageState::Failed { reason: self.mask(&reason) },
            },
            kind => kind,
        };
        // When nobody listens any more, `abandoned` ends the run.
        let _abandoned = self.events.send(Event { at: self.clock.now(), kind }).await;
    }

    pub(crate) async fn diagnostic(&self, code: &str, severity: &'static str, message: &str, step: Option<&StepPath>) {
        let (code, message, step) = (code.to_owned(), self.mask(message), step.cloned());
        self.emit(EventKind::Diagnostic { code, severity, message, step }).await;
    }

    /// Returns when nobody listens any more.
    pub(crate) async fn abandoned(&self) {
        self.events.closed().await;
    }
}
