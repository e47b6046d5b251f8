//! `--progress plain`: lines for pipes, logs and users without a terminal.

use std::io::Write;

use cirun_engine::Event;

use crate::{
    Look, Sink, SinkError,
    closing::{closing, write_lines},
    legible::legible_event,
    narrate::{Narrator, Sentences},
    record::RunRecord,
};

/// Writes every event as a line, then the summary and what failed.
pub struct PlainSink<W> {
    out: W,
    look: Look,
    record: RunRecord,
    narrator: Narrator,
}

impl<W: Write + Send> PlainSink<W> {
    /// Writes to `out`.
    pub fn new(out: W, look: Look) -> Self {
        Self { out, look, record: RunRecord::new(0), narrator: Narrator::new(look, Sentences::Whole) }
    }
}

impl<W: Write + Send> Sink for PlainSink<W> {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let event = &*legible_event(event);
        self.record.apply(event);
        let mut lines = self.narrator.lines(event, &self.record);
        lines.extend(closing(self.look, &self.record, event));
        write_lines(&mut self.out, &lines)
    }
}
