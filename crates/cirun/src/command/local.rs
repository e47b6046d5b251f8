//! `cirun local`: runs the stages of a plan.

mod gates;
mod header;
mod interlude;
mod outcome;
mod questions;
mod shell;

use std::{path::PathBuf, sync::Arc};

use cirun_diagnostics::{Failure, FailureKind, Severity, with_causes};
use cirun_engine::{Cancellation, Earlier};
use cirun_project::{
    Context, Purpose,
    consent::{self, Request},
    locate, secrets,
    settings::ProgressMode,
};
use cirun_report::SinkError;
use cirun_runner::{
    CleanWorkspaces, Ended, Hooks, RunSetup, aws, checks,
    record::{Invocation, Record},
};
use jiff::Timestamp;
use tokio::sync::mpsc;

pub(crate) use self::outcome::say_collected;
use crate::{
    args::{PlanOptions, RunOptions},
    compile, console,
    exit::ExitCode,
    signals::Signals,
    sinks::{self, Opened},
};

/// Number of events that can wait for the sinks before the engine has to wait. One may be a batch of lines, so they are few.
const EVENT_QUEUE: usize = 32;

/// How a run was started.
#[derive(Debug)]
pub(crate) struct Start {
    /// The invocation, for the record.
    pub invocation: Invocation,
    /// The run that it continues.
    pub earlier: Option<Earlier>,
}

/// Runs a pipeline's stages.
pub(crate) async fn run(
    file: Option<PathBuf>,
    plan: &PlanOptions,
    options: &RunOptions,
    context: Context<'_>,
) -> Result<ExitCode, Failure> {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let invocation = Invocation::new(context.environment.directory.clone(), arguments);
    start(file, plan, options, context, Start { invocation, earlier: None }).await
}

/// Runs a pipeline's stages, for `cirun local` or `cirun rerun`.
pub(crate) async fn start(
    file: Option<PathBuf>,
    plan: &PlanOptions,
    options: &RunOptions,
    context: Context<'_>,
    Start { mut invocation, earlier }: Start,
) -> Result<ExitCode, Failure> {
    let run = cirun_runner::new_run_id(Timestamp::now());
    let request = plan.request(file.clone(), Some(options));
    let located = locate(&request, context)?;
    let delegate = aws::delegate(&located.settings).await?;
    let mut compiled = compile::open(located, &request, context, Purpose::Run { run: run.clone(), delegate })?;
    compile::demand_valid(&compiled, Severity::Warning)?;
    if gates::approve(&compiled, plan)? {
        let inputs = plan.inputs.iter().chain(&compiled.answers).cloned().collect();
        let approved = PlanOptions { approve: true, inputs, ..plan.clone() };
        return Box::pin(start(file, &approved, options, context, Start { invocation, earlier })).await;
    }
    outcome::demand_parity(&compiled, plan)?;
    let for_runner = options.for_runner(plan);
    checks::check(&compiled, &for_runner)?;
    if options.shell_on_failure {
        shell::demand_terminal()?;
    }

    let asked = Request::of(&compiled);
    consent::demand(&compiled, &asked, context, !plan.no_input)?;
    invocation.content = Some(asked.content().to_owned());
    compiled.planned.plan.secrets.extend(secrets::of_environment(context.environment));

    let signals = Signals::listen().map_err(|error| Failure::io("cannot listen to signals", error))?;
    tokio::select! {
        checked = aws::preflight(&compiled, context.person) => checked?,
        () = signals.stop.cancelled() => return Ok(stopped_early(&signals)),
    }
    let record = Record::create(&compiled.paths, &run)?;
    invocation.answers.extend(compiled.answers.iter().cloned());
    record.keep(compiled.plan(), invocation)?;
    let clean = match options.clean_clone {
        true => Some(Arc::new(CleanWorkspaces::make(&compiled.workspace, compiled.plan(), record.clean_clone())?)),
        false => None,
    };
    if let Some(clean) = &clean {
        clean.notes.iter().for_each(|note| console::say(&format!("clean clone: {note}")));
        compiled.workspace.clone_from(&clean.directory);
    }
    let workspaces = clean.as_ref().map(|clean| clean.of_stages.clone()).unwrap_or_default();
    let run_setup = RunSetup {
        compiled: &compiled,
        options: &for_runner,
        context,
        record: &record,
        run: &run,
        workspaces: &workspaces,
    };
    let wanted = Wanted { plan, options, clean: clean.as_ref(), earlier };
    let ended = carry_out(run_setup, wanted, &signals).await;
    if let Some(clean) = clean
        && let Err(error) = clean.remove()
    {
        let place = clean.directory.display();
        console::say(&format!("warning: the clean clone {place} could not be removed: {error}"));
    }
    ended
}

/// The request for a run.
#[derive(Debug)]
struct Wanted<'a> {
    plan: &'a PlanOptions,
    options: &'a RunOptions,
    /// The clean workspaces of stages.
    clean: Option<&'a Arc<CleanWorkspaces>>,
    /// The run that this one continues.
    earlier: Option<Earlier>,
}

/// Sets the run up, runs the plan, and reports how it ended.
async fn carry_out(run_setup: RunSetup<'_>, wanted: Wanted<'_>, signals: &Signals) -> Result<ExitCode, Failure> {
    let RunSetup { compiled, context, record, run, .. } = run_setup;
    let Wanted { plan, options, clean, earlier } = wanted;
    let setup = tokio::select! {
        setup = run_setup.set_up() => setup?,
        () = signals.stop.cancelled() => return Ok(stopped_early(signals)),
    };
    header::say(compiled, run, &setup, context.environment);

    let Opened { sinks, pause } =
        sinks::open(compiled.settings.progress.value, options.events.as_deref(), options.reports.clone(), record)?;
    pause.iter().for_each(|pause| signals.share_screen_with(pause.clone()));
    let (sender, receiver) = mpsc::channel(EVENT_QUEUE);
    let writing = sinks::feed(sinks, receiver, signals.stop.clone());
    let stage = interlude::Stage { pause, queue: sender.downgrade() };
    let (exit_signals, strict_parity) = (signals.clone(), plan.strict_parity);
    let is_held = !compiled.planned.gates.is_empty();
    let hooks = Hooks {
        questions: (!plan.no_input && console::is_interactive()).then(|| questions::answer(stage.clone())),
        on_failure: options
            .shell_on_failure
            .then(|| shell::on_failure(stage, Arc::clone(&setup.backends), signals.clone())),
        exit_code: Arc::new(move |result| {
            gates::exit_code(outcome::exit_code(result, &exit_signals, strict_parity), is_held).code()
        }),
        earlier,
        clean: clean.cloned(),
    };
    let cancel = Cancellation { first: signals.stop.clone(), second: signals.kill.clone() };
    let (Ended { result, left }, setup) = run_setup.run(setup, hooks, sender, cancel).await;
    let written = writing.join().unwrap_or(Ok(()));

    left.iter().for_each(|left| console::say(&format!("warning: {left}")));
    outcome::say_pushed(record, setup.registry());
    outcome::say_kept(run, options, setup.engine.is_some());
    say_collected(&record.artifacts());
    outcome::say_refused(record);
    outcome::say_parity(compiled);
    outcome::say_next(&result, compiled);
    if let Err(error) = written {
        return Err(sink_error(&error));
    }
    let code = outcome::exit_code(&result, signals, strict_parity);
    if code == ExitCode::Parity {
        let found = format!("the run found {}", outcome::differences(result.differences));
        return Err(Failure::new(FailureKind::Parity, found).help("without `--strict-parity` they are only reported"));
    }
    match result.error {
        // The step's last event has reported the error, with more details.
        Some(_) if result.told_by.is_some() && compiled.settings.progress.value != ProgressMode::Json => Ok(code),
        Some(error) => {
            console::say("");
            let failure = Failure::new(error.kind(), result.error_text.unwrap_or_default());
            console::fail(&match outcome::who_wants(compiled, &error) {
                Some(wanted) => failure.help(wanted),
                None => failure,
            });
            Ok(code)
        }
        None => gates::demand_approved(compiled, code),
    }
}

/// Reports that a signal stopped the run before its first step, and returns the exit code.
fn stopped_early(signals: &Signals) -> ExitCode {
    console::say("stopped before the first step: no step has run");
    signals.exit_code().unwrap_or(ExitCode::Interrupted)
}

/// The failure if an output cannot be written.
pub(crate) fn sink_error(error: &SinkError) -> Failure {
    Failure::new(FailureKind::Engine, with_causes(error))
}
