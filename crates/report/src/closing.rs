//! The end of a run's output, the same on every screen: the summary, the verdict, what failed.

use std::io::Write;

use cirun_engine::{Event, EventKind};

use crate::{Look, SinkError, digest, record::RunRecord, summary};

/// The output's name in errors.
pub(crate) const PROGRESS: &str = "the progress output";

/// The last lines if `event` ends the run, otherwise none.
pub(crate) fn closing(look: Look, record: &RunRecord, event: &Event) -> Vec<String> {
    match (&event.kind, record.finish) {
        (EventKind::RunFinished { .. }, Some(finish)) => {
            let mut lines = summary::render(look, record, finish);
            lines.extend(digest::render(look, record));
            lines
        }
        _ => Vec::new(),
    }
}

/// Writes the lines at once and flushes them.
pub(crate) fn write_lines(out: &mut impl Write, lines: &[String]) -> Result<(), SinkError> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut text = lines.join("\n");
    text.push('\n');
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(SinkError::write(PROGRESS))
}
