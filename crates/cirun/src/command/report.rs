//! `cirun report`: summarizes a recorded run.

use std::path::PathBuf;

use cirun_diagnostics::Failure;
use cirun_project::Context;
use cirun_report::{Fanout, HTML, JUNIT, QuietSink, ReportSink, Sink};
use cirun_runner::record::history::History;

use super::local::{say_collected, sink_error};
use crate::{console, exit::ExitCode, sinks};

/// Prints the summary, and writes the requested reports.
pub(crate) fn run(
    run: Option<&str>,
    html: Option<PathBuf>,
    junit: Option<PathBuf>,
    context: Context<'_>,
) -> Result<ExitCode, Failure> {
    let run = History::of(context.paths).find(run)?;
    let mut all = Fanout::new().with(QuietSink::summary(console::Data, sinks::look()));
    if let Some(path) = html {
        all.push(Box::new(ReportSink::new(&HTML, sinks::create(&path)?)));
    }
    if let Some(path) = junit {
        all.push(Box::new(ReportSink::new(&JUNIT, sinks::create(&path)?)));
    }
    if run.end.is_none() {
        console::say(&format!("run {} has not finished: it was killed, or is still running", run.id));
    }
    for event in run.events_to_the_end()? {
        all.consume(&event).map_err(|error| sink_error(&error))?;
    }
    say_collected(&run.artifacts());
    Ok(ExitCode::Success)
}
