//! `--progress quiet`: what went wrong, and the summary.

use std::io::Write;

use cirun_engine::{Event, EventKind, ImageState, Outcome};

use crate::{
    Look, Sink, SinkError,
    closing::{closing, write_lines},
    narrate::{Narrator, Sentences},
    record::RunRecord,
};

/// Writes only failures as they happen, then the summary and what failed.
pub struct QuietSink<W> {
    out: W,
    look: Look,
    record: RunRecord,
    narrator: Narrator,
}

impl<W: Write + Send> QuietSink<W> {
    /// Writes to `out`.
    pub fn new(out: W, look: Look) -> Self {
        Self { out, look, record: RunRecord::new(0), narrator: Narrator::new(look, Sentences::Whole) }
    }
}

impl<W: Write + Send> Sink for QuietSink<W> {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        self.record.apply(event);
        let told = self.narrator.tell(event, &self.record);
        let mut lines = if is_failure(&event.kind) { told } else { Vec::new() };
        lines.extend(closing(self.look, &self.record, event));
        write_lines(&mut self.out, &lines)
    }
}

fn is_failure(kind: &EventKind) -> bool {
    match kind {
        EventKind::Diagnostic { severity, .. } => *severity == "error",
        EventKind::ImagePull { state, .. } => matches!(state, ImageState::Failed { .. }),
        EventKind::ServiceExited { exit_code, .. } => *exit_code != 0,
        EventKind::StepFinished { outcome, .. } => match outcome {
            Outcome::Failed | Outcome::TimedOut | Outcome::Aborted => true,
            Outcome::Succeeded | Outcome::Skipped | Outcome::Ignored => false,
        },
        EventKind::RunStarted { .. }
        | EventKind::StageStarted { .. }
        | EventKind::ServiceStarted { .. }
        | EventKind::ServiceReady { .. }
        | EventKind::StepStarted { .. }
        | EventKind::StepOutput { .. }
        | EventKind::StageFinished { .. }
        | EventKind::RunFinished { .. } => false,
    }
}
