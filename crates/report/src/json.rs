//! `--events FILE` and `--progress json`: one JSON object per line (docs/events.md).

use std::io::Write;

use cirun_engine::Event;

use crate::{Sink, SinkError, wire};

const WHAT: &str = "the event stream";

/// Writes each event as a line of JSON, or one for each line of a step's output, and flushes it, so that a reader sees
/// it at once.
pub struct JsonSink<W> {
    out: W,
    /// The text of one event.
    text: Vec<u8>,
}

impl<W: Write + Send> JsonSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, text: Vec::new() }
    }
}

impl<W: Write + Send> Sink for JsonSink<W> {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        self.text.clear();
        wire::write(event, &mut self.text)
            .map_err(|error| SinkError::Format { what: WHAT, reason: error.to_string() })?;
        // One write of whole lines: a reader of the file never sees a part of an event.
        self.out.write_all(&self.text).and_then(|()| self.out.flush()).map_err(SinkError::write(WHAT))
    }
}
