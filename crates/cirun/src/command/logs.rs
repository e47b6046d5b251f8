//! `cirun logs`: prints the output of a recorded run's steps.

use std::collections::BTreeSet;

use cirun_diagnostics::Failure;
use cirun_engine::{Event, EventKind};
use cirun_plan::StepPath;
use cirun_project::Context;
use cirun_report::{LogSink, Sink};
use cirun_runner::record::history::{History, RecordedRun};

use super::local::sink_error;
use crate::{console, exit::ExitCode, sinks};

/// Prints the lines of `[RUN] [STEP]`.
pub(crate) fn run(words: &[String], context: Context<'_>) -> Result<ExitCode, Failure> {
    let history = History::of(context.paths);
    let (run, step) = asked(&history, words)?;
    let events = run.events()?;
    let mut sink = LogSink::new(console::Data, sinks::look(), wanted(&run, &events, step)?);
    for event in &events {
        sink.consume(event).map_err(|error| sink_error(&error))?;
    }
    Ok(ExitCode::Success)
}

/// A single word means a run if a run's id begins with it, and otherwise a step of the newest run.
fn asked<'w>(history: &History, words: &'w [String]) -> Result<(RecordedRun, Option<&'w str>), Failure> {
    match words {
        [] => Ok((history.find(None)?, None)),
        [word] if history.beginning_with(word)?.is_empty() => Ok((history.find(None)?, Some(word))),
        [word] => Ok((history.find(Some(word))?, None)),
        [run, step, ..] => Ok((history.find(Some(run))?, Some(step))),
    }
}

/// The steps that `name` means; without a name, all steps that printed something.
fn wanted(run: &RecordedRun, events: &[Event], name: Option<&str>) -> Result<BTreeSet<StepPath>, Failure> {
    let Some(name) = name else { return Ok(paths(events, |kind| matches!(kind, EventKind::StepOutput { .. }))) };
    let known = paths(events, |_| true);
    let found: BTreeSet<StepPath> = known.iter().filter(|path| path.is_named(name)).cloned().collect();
    if found.is_empty() {
        let list = known.iter().map(StepPath::as_str).collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(format!("run {} has no step `{name}`", run.id))
            .help(format!("its steps are {list}; `cirun runs` lists the runs")));
    }
    Ok(found)
}

fn paths(events: &[Event], counts: impl Fn(&EventKind) -> bool) -> BTreeSet<StepPath> {
    let step = |event: &Event| match &event.kind {
        EventKind::StepOutput { step, .. } | EventKind::StepFinished { step, .. } => Some(step.clone()),
        EventKind::StepStarted { step, .. } | EventKind::ServiceStarted { step, .. } => Some(step.clone()),
        _ => None,
    };
    events.iter().filter(|event| counts(&event.kind)).filter_map(step).collect()
}
