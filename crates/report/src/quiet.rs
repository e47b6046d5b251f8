//! `--progress quiet`: failures and the summary.

use std::io::Write;

use cirun_diagnostics::Severity;
use cirun_engine::{Event, EventKind, ImageState, Outcome};

use crate::{
    Look, Sink, SinkError,
    closing::{closing, write_lines},
    legible::legible_event,
    narrate::{Narrator, Sentences},
    record::RunRecord,
};

/// Whether to report the failure of a step when it happens, or only at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failures {
    AsTheyHappen,
    AtTheEnd,
}

/// Writes only failures as they happen, then the summary and what failed.
pub struct QuietSink<W> {
    out: W,
    failures: Failures,
    look: Look,
    record: RunRecord,
    narrator: Narrator,
}

impl<W: Write + Send> QuietSink<W> {
    /// Writes to `out`.
    pub fn new(out: W, look: Look) -> Self {
        let narrator = Narrator::new(look, Sentences::Whole);
        Self { out, failures: Failures::AsTheyHappen, look, record: RunRecord::new(0), narrator }
    }

    /// Writes the summary of a finished run to `out`; its failed steps are reported once, below it.
    pub fn summary(out: W, look: Look) -> Self {
        Self { failures: Failures::AtTheEnd, ..Self::new(out, look) }
    }
}

impl<W: Write + Send> Sink for QuietSink<W> {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let event = &*legible_event(event);
        self.record.apply(event);
        if let EventKind::StepOutput { .. } = event.kind {
            return Ok(());
        }
        let all = self.narrator.lines(event, &self.record);
        let is_shown = is_failure(&event.kind) && !(self.failures == Failures::AtTheEnd && is_of_a_step(&event.kind));
        let mut lines = if is_shown { all } else { Vec::new() };
        lines.extend(closing(self.look, &self.record, event));
        write_lines(&mut self.out, &lines)
    }
}

/// The end of a step that the summary reports again.
fn is_of_a_step(kind: &EventKind) -> bool {
    matches!(kind, EventKind::StepFinished { .. })
}

fn is_failure(kind: &EventKind) -> bool {
    match kind {
        EventKind::Diagnostic { severity, .. } => *severity == Severity::Error,
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
