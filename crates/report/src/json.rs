//! `--events FILE` and `--progress json`: one JSON object per line (docs/events.md).

use std::io::Write;

use cirun_engine::Event;

use crate::{Sink, SinkError, wire::WireEvent};

const WHAT: &str = "the event stream";

/// Writes each event as a line of JSON and flushes it, so that a reader sees it at once.
pub struct JsonSink<W> {
    out: W,
}

impl<W: Write + Send> JsonSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write + Send> Sink for JsonSink<W> {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let mut line = serde_json::to_vec(&WireEvent::new(event))
            .map_err(|error| SinkError::Format { what: WHAT, reason: error.to_string() })?;
        line.push(b'\n');
        // One write for the whole line: a reader of the file never sees a part of an event.
        self.out.write_all(&line).and_then(|()| self.out.flush()).map_err(SinkError::write(WHAT))
    }
}
