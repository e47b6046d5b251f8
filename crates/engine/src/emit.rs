//! The only exit for events: all text that a user sees is masked here.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use cirun_diagnostics::{Code, Severity};
use cirun_plan::{Secret, StepPath};
use tokio::sync::{mpsc, watch};

use crate::{Clock, Event, EventKind, ImageState, Masker};

/// Adds the time to events and sends them.
#[derive(Debug)]
pub(crate) struct Emitter {
    events: mpsc::Sender<Event>,
    clock: Clock,
    masker: watch::Sender<Arc<Masker>>,
    differences: AtomicUsize,
}

impl Emitter {
    pub(crate) fn new(events: mpsc::Sender<Event>, clock: Clock, masker: Masker) -> Self {
        Self { events, clock, masker: watch::Sender::new(Arc::new(masker)), differences: AtomicUsize::new(0) }
    }

    /// The current masker; secrets can be added while the run goes on.
    pub(crate) fn masker(&self) -> watch::Receiver<Arc<Masker>> {
        self.masker.subscribe()
    }

    /// Also masks `secrets` from now on.
    pub(crate) fn learn(&self, secrets: &[Secret]) {
        if !secrets.is_empty() {
            self.masker.send_modify(|masker| *masker = Arc::new(masker.with(secrets)));
        }
    }

    pub(crate) fn mask(&self, text: &str) -> String {
        self.masker.borrow().mask(text).into_owned()
    }

    pub(crate) async fn emit(&self, kind: EventKind) {
        if matches!(kind, EventKind::Diagnostic { severity: Severity::Parity, .. }) {
            self.differences.fetch_add(1, Ordering::Relaxed);
        }
        // `abandoned` ends the run once the receiver is gone.
        let _abandoned = self.events.send(Event { at: self.clock.now(), kind }).await;
    }

    /// Emits an event from a backend, which does not mask secrets itself.
    pub(crate) async fn emit_unmasked(&self, kind: EventKind) {
        let masked = match kind {
            EventKind::ImagePull { image, state } => {
                let state = match state {
                    ImageState::Failed { reason } => ImageState::Failed { reason: self.mask(&reason) },
                    ImageState::Present | ImageState::Started | ImageState::Progress { .. } | ImageState::Done => state,
                };
                EventKind::ImagePull { image: self.mask(&image), state }
            }
            EventKind::Diagnostic { code, severity, message, step } => {
                EventKind::Diagnostic { code, severity, message: self.mask(&message), step }
            }
            other => other,
        };
        self.emit(masked).await;
    }

    pub(crate) async fn diagnostic(&self, code: Code, message: &str, step: Option<&StepPath>) {
        self.emit(EventKind::found(code, self.mask(message), step.cloned())).await;
    }

    /// The number of differences from CI reported so far.
    pub(crate) fn differences(&self) -> usize {
        self.differences.load(Ordering::Relaxed)
    }

    /// Returns when the receiver of events is gone.
    pub(crate) async fn abandoned(&self) {
        self.events.closed().await;
    }
}
