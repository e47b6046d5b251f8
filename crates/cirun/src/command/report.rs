//! `cirun report`: summarizes a recorded run.

use cirun_diagnostics::Failure;
use cirun_project::Context;
use cirun_report::{Fanout, QuietSink, Sink};
use cirun_runner::record::history::History;

use super::local::{say_collected, sink_error};
use crate::{
    console,
    exit::ExitCode,
    sinks::{self, ReportFiles},
};

/// Prints the summary, and writes the requested reports.
pub(crate) fn run(run: Option<&str>, reports: ReportFiles, context: Context<'_>) -> Result<ExitCode, Failure> {
    let run = History::of(context.paths).find(run)?;
    let mut all = Fanout::new().with(QuietSink::summary(console::Data, sinks::look()));
    reports.add_to(&mut all)?;
    if run.end.is_none() {
        console::say(&format!("run {} has not finished: it was killed, or is still running", run.id));
    }
    for event in run.events_to_the_end()? {
        all.consume(&event).map_err(|error| sink_error(&error))?;
    }
    say_collected(&run.artifacts());
    Ok(ExitCode::Success)
}
