//! Writes the output of steps, and nothing else.

use std::{collections::BTreeSet, io::Write};

use cirun_engine::{Event, EventKind};
use cirun_plan::StepPath;

use crate::{Look, Sink, SinkError, clean::clean};

/// Writes the lines of some steps; if there are several, each line comes after its step's path.
pub struct LogSink<W> {
    out: W,
    look: Look,
    steps: BTreeSet<StepPath>,
    width: usize,
}

impl<W: Write + Send> LogSink<W> {
    /// Writes the lines of `steps` to `out`.
    pub fn new(out: W, look: Look, steps: BTreeSet<StepPath>) -> Self {
        let width = steps.iter().map(|step| step.as_str().len()).max().unwrap_or(0);
        Self { out, look, steps, width }
    }
}

impl<W: Write + Send> Sink for LogSink<W> {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let EventKind::StepOutput { step, lines, .. } = &event.kind else { return Ok(()) };
        if !self.steps.contains(step) {
            return Ok(());
        }
        for line in lines.iter() {
            let line = clean(line, self.look.colour);
            let written = match self.steps.len() {
                1 => writeln!(self.out, "{line}"),
                _ => writeln!(self.out, "{:<width$}  {line}", step.as_str(), width = self.width),
            };
            written.map_err(SinkError::write("the lines of steps"))?;
        }
        Ok(())
    }
}
