//! `cirun runs`: lists the recorded runs.

use cirun_diagnostics::{Failure, FailureKind};
use cirun_project::Context;
use cirun_runner::record::history::{History, RecordedRun};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::{args::ListFormat, console, exit::ExitCode};

#[derive(Serialize)]
struct Row<'a> {
    run: &'a str,
    pipeline: &'a str,
    started: String,
    /// `None` for a run that was killed, or still goes on.
    outcome: Option<&'static str>,
    exit_code: Option<u8>,
    elapsed_ms: Option<u64>,
    stages: &'a [String],
}

/// Prints the runs, newest first.
pub(crate) fn run(format: ListFormat, context: Context<'_>) -> Result<ExitCode, Failure> {
    let runs = History::of(context.paths).runs()?;
    let text = match format {
        ListFormat::Text => text(&runs, &TimeZone::system()),
        ListFormat::Json => {
            let json = serde_json::to_string_pretty(&runs.iter().map(row).collect::<Vec<_>>());
            json.map_err(|error| Failure::new(FailureKind::Bug, error.to_string()))? + "\n"
        }
    };
    if runs.is_empty() {
        console::say("no run is recorded yet: `cirun local` runs a pipeline");
    }
    console::data(&text)?;
    Ok(ExitCode::Success)
}

fn row(run: &RecordedRun) -> Row<'_> {
    let end = run.end.as_ref();
    Row {
        run: &run.id,
        pipeline: &run.pipeline,
        started: format!("{:.3}", run.started),
        outcome: end.map(|end| end.outcome.as_str()),
        exit_code: end.map(|end| end.exit_code),
        elapsed_ms: end.map(|end| u64::try_from(end.elapsed.as_millis()).unwrap_or(u64::MAX)),
        stages: &run.stages,
    }
}

fn text(runs: &[RecordedRun], zone: &TimeZone) -> String {
    let width = |text: fn(&RecordedRun) -> &str| runs.iter().map(|run| text(run).chars().count()).max().unwrap_or(0);
    let (ids, pipelines) = (width(|run| &run.id), width(|run| &run.pipeline));
    let when = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let line = |run: &RecordedRun| {
        let (outcome, time) = match &run.end {
            Some(end) => (end.outcome.as_str(), cirun_report::human_duration(end.elapsed)),
            None => ("not finished", String::new()),
        };
        let (id, pipeline, when) = (&run.id, &run.pipeline, when(run.started));
        format!("{id:<ids$}  {pipeline:<pipelines$}  {when}  {outcome:<12}  {time}").trim_end().to_owned() + "\n"
    };
    runs.iter().map(line).collect()
}
