//! `--html FILE`: the run as a self-contained page, without scripts and external resources.

mod markup;
mod page;

use std::io::Write;

use cirun_engine::{Event, EventKind};

use crate::{Sink, SinkError, legible::legible_event, record::RunRecord};

const WHAT: &str = "the HTML report";

/// The number of lines of each step on the page.
const KEEP_LINES: usize = 5_000;

/// Writes the page when the run has ended.
pub struct HtmlSink<W> {
    out: W,
    record: RunRecord,
}

impl<W: Write + Send> HtmlSink<W> {
    /// Writes to `out`, a file that is opened when the run begins, so that a bad path is found at once.
    pub fn new(out: W) -> Self {
        Self { out, record: RunRecord::new(KEEP_LINES) }
    }
}

impl<W: Write + Send> Sink for HtmlSink<W> {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let event = &*legible_event(event);
        self.record.apply(event);
        match (&event.kind, self.record.finish) {
            (EventKind::RunFinished { .. }, Some(finish)) => {
                let page = page::render(&self.record, finish, event.at);
                self.out.write_all(page.as_bytes()).and_then(|()| self.out.flush()).map_err(SinkError::write(WHAT))
            }
            _ => Ok(()),
        }
    }
}
