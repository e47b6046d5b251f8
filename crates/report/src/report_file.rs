//! Reports of a whole run, each written to a file when the run has ended.

use std::io::Write;

use cirun_engine::{Event, EventKind};
use jiff::Timestamp;

use crate::{
    Sink, SinkError,
    legible::legible_event,
    record::{RunFinish, RunRecord},
};

/// A kind of report.
#[derive(Debug)]
pub struct ReportFormat {
    /// The report, as text to print: `the JUnit report`.
    pub(crate) what: &'static str,
    /// The number of lines of each step in it.
    pub(crate) keep_lines: usize,
    /// Renders a run that has ended, at the time of its last event.
    pub(crate) render: fn(&RunRecord, RunFinish, Timestamp) -> Result<String, SinkError>,
}

/// Writes a report when the run has ended.
pub struct ReportSink<W> {
    out: W,
    format: &'static ReportFormat,
    record: RunRecord,
}

impl<W: Write + Send> ReportSink<W> {
    /// Writes to `out`, a file that is opened when the run begins, so that a bad path is found at once.
    pub fn new(format: &'static ReportFormat, out: W) -> Self {
        Self { out, format, record: RunRecord::new(format.keep_lines) }
    }
}

impl<W: Write + Send> Sink for ReportSink<W> {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let event = &*legible_event(event);
        self.record.apply(event);
        match (&event.kind, self.record.finish) {
            (EventKind::RunFinished { .. }, Some(finish)) => {
                let text = (self.format.render)(&self.record, finish, event.at)?;
                let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
                written.map_err(SinkError::write(self.format.what))
            }
            _ => Ok(()),
        }
    }
}
