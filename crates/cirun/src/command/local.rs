//! `cirun local`: runs the stages of a plan.

mod gates;
mod guard;
mod header;
mod host_steps;
mod image_rules;
mod interlude;
mod late;
mod outcome;
mod passwords;
mod preflight;
mod questions;
mod services;
mod setup;
mod shell;

use std::{path::PathBuf, sync::Arc, time::Duration};

use cirun_diagnostics::{Failure, FailureKind, Severity, with_causes};
use cirun_engine::{Cancellation, Clock, Config, Earlier, Engine};
use cirun_report::SinkError;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    args::{PlanOptions, ProgressMode, RunOptions},
    clean_clone::CleanWorkspaces,
    consent,
    consent::{Asking, Request},
    console,
    environment::Environment,
    exit::ExitCode,
    local_store,
    record::{Invocation, Record, StepFiles},
    run_id, secrets,
    session::{Purpose, Session, locate},
    signals::Signals,
    sinks,
    sinks::Opened,
};

/// How long a step that was asked to end may take. CI waits 30 s (flow.stop); here a person waits, often for a shell
/// that as first process of its container does not hear SIGTERM.
const GRACE: Duration = Duration::from_secs(3);
/// How long removing a stage's objects may take.
const CLEANUP: Duration = Duration::from_secs(30);
/// Steps prepared ahead of their turn.
const LOOK_AHEAD: usize = 3;
/// Last lines of a failed step that are told again.
const TAIL_LINES: usize = 20;
/// Events on their way to the sinks before the engine waits for them.
const EVENT_QUEUE: usize = 1024;

/// Where a run comes from.
#[derive(Debug)]
pub(crate) struct Start {
    /// What it is started with, for the record.
    pub invocation: Invocation,
    /// The run that it goes on from.
    pub earlier: Option<Earlier>,
}

/// Runs a pipeline's stages.
pub(crate) async fn run(
    file: Option<PathBuf>,
    plan: &PlanOptions,
    options: &RunOptions,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let invocation = Invocation::new(environment.directory.clone(), arguments);
    start(file, plan, options, environment, Start { invocation, earlier: None }).await
}

/// Runs a pipeline's stages, for the first time or again.
pub(crate) async fn start(
    file: Option<PathBuf>,
    plan: &PlanOptions,
    options: &RunOptions,
    environment: &Environment,
    Start { mut invocation, earlier }: Start,
) -> Result<ExitCode, Failure> {
    let run = run_id::new(Timestamp::now());
    let located = locate(file.clone(), plan, Some(options), environment)?;
    let delegate = setup::delegate(&located.settings).await?;
    let mut session = Session::open(located, plan, environment, Purpose::Run { run: run.clone(), delegate })?;
    session.demand_valid(Severity::Warning)?;
    if gates::approve(&session, plan)? {
        let inputs = plan.inputs.iter().chain(&session.answers).cloned().collect();
        let approved = PlanOptions { approve: true, inputs, ..plan.clone() };
        return Box::pin(start(file, &approved, options, environment, Start { invocation, earlier })).await;
    }
    outcome::demand_parity(&session, plan)?;
    outcome::demand_no_skips(&session, plan)?;
    outcome::demand_something_to_run(&session)?;
    guard::check(&session.settings, &session.planned.targets)?;
    guard::check_stores(&session.settings, &session.planned.stores)?;
    guard::check_egress(&session.settings)?;
    if options.shell_on_failure {
        shell::demand_terminal()?;
    }

    let request = Request::of(&session);
    consent::demand(&session, &request, Asking::of(plan))?;
    invocation.content = Some(request.content().to_owned());
    session.planned.plan.secrets.extend(secrets::of_environment(environment));

    let signals = Signals::listen().map_err(|error| Failure::io("cannot listen to signals", error))?;
    tokio::select! {
        checked = preflight::check(&session) => checked?,
        () = signals.stop.cancelled() => return Ok(stopped_early(&signals)),
    }
    let record = Record::create(&session.paths, &run)?;
    invocation.answers.extend(session.answers.iter().cloned());
    record.keep(session.plan(), invocation)?;
    let clean = match options.clean_clone {
        true => Some(Arc::new(CleanWorkspaces::make(&session.workspace, session.plan(), record.clean_clone())?)),
        false => None,
    };
    if let Some(clean) = &clean {
        clean.notes.iter().for_each(|note| console::say(&format!("clean clone: {note}")));
        session.workspace.clone_from(&clean.directory);
    }
    let wanted = Wanted { plan, options, environment, clean: clean.as_ref() };
    let ended = carry_out(&session, wanted, earlier, &record, &run, &signals).await;
    if let Some(clean) = clean {
        clean.remove();
    }
    ended
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    plan: &'a PlanOptions,
    options: &'a RunOptions,
    environment: &'a Environment,
    /// The clean workspaces of stages.
    clean: Option<&'a Arc<CleanWorkspaces>>,
}

/// Sets the stage, runs the plan and says what came of it.
async fn carry_out(
    session: &Session,
    Wanted { plan, options, environment, clean }: Wanted<'_>,
    earlier: Option<Earlier>,
    record: &Record,
    run: &str,
    signals: &Signals,
) -> Result<ExitCode, Failure> {
    let services = services::rules(session, options)?;
    let workspaces = clean.map(|clean| clean.of_stages.clone()).unwrap_or_default();
    let stage = setup::Stagehand { session, options, environment, record, run, workspaces: &workspaces };
    let setup = tokio::select! {
        setup = stage.set_up() => setup?,
        () = signals.stop.cancelled() => return Ok(stopped_early(signals)),
    };
    header::say(session, run, &setup, environment);

    let Opened { sinks, pause } = sinks::open(session.settings.progress.value, options, record)?;
    pause.iter().for_each(|pause| signals.share_screen_with(pause.clone()));
    let (sender, receiver) = mpsc::channel(EVENT_QUEUE);
    let writing = sinks::feed(sinks, receiver, signals.stop.clone());
    let stage = interlude::Stage { pause, told: sender.downgrade() };
    let backends = Arc::new(setup.backends);
    let questions = (!plan.no_input && console::is_interactive()).then(|| questions::answer(stage.clone()));
    let on_failure = options.shell_on_failure.then(|| shell::on_failure(stage, Arc::clone(&backends), signals.clone()));
    let (exit_signals, strict_parity) = (signals.clone(), plan.strict_parity);
    let is_held = !session.planned.gates.is_empty();
    let config = Config {
        run: run.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        grace: GRACE,
        cleanup_deadline: CLEANUP,
        look_ahead: LOOK_AHEAD,
        tail_lines: TAIL_LINES,
        services,
        clock: Clock::new(Timestamp::now),
        questions,
        on_failure,
        earlier,
        plan_again: session.plan_again(late::demands(session, plan, clean)),
        after_stage: {
            let not_emulated = outcome::NotEmulated::of(record);
            Arc::new(move |_| not_emulated.findings())
        },
        exit_code: Arc::new(move |result| {
            gates::exit_code(outcome::exit_code(result, &exit_signals, strict_parity), is_held).code()
        }),
    };
    let cancel = Cancellation { first: signals.stop.clone(), second: signals.kill.clone() };
    let result = Engine::new(backends, config).run(session.plan(), sender, cancel).await;
    let written = writing.join().unwrap_or(Ok(()));

    if let Some(alone) = setup.alone
        && let Err(error) = alone.end().await
    {
        console::say(&format!("warning: cannot remove what the emulated AWS kept: {error}"));
    }
    let files = if options.keep { StepFiles::KeptForContainers } else { StepFiles::Removed };
    if let Err(error) = record.forget_step_files(files) {
        console::say(&format!("warning: cannot remove the files of steps' outputs: {error}"));
    }
    outcome::say_pushed(record, setup.machine_registry.as_ref().and_then(|registry| registry.running()));
    outcome::say_kept(run, options, setup.engine.is_some());
    local_store::say_collected(&record.artifacts());
    outcome::say_refused(record);
    outcome::say_parity(session);
    outcome::say_next(&result, session);
    if let Err(error) = written {
        return Err(sink_error(&error));
    }
    let code = outcome::exit_code(&result, signals, strict_parity);
    if code == ExitCode::Parity {
        return Err(Failure::new(
            FailureKind::Parity,
            format!("the run found {}", outcome::differences(result.differences)),
        )
        .help("without `--strict-parity` they are only reported"));
    }
    match result.error {
        // The end of the step has told it, with all else that is known of the step.
        Some(_) if result.told_by.is_some() && session.settings.progress.value != ProgressMode::Json => Ok(code),
        Some(error) => {
            console::say("");
            let failure = Failure::new(error.kind(), result.error_text.unwrap_or_default());
            console::fail(&match outcome::who_wants(session, &error) {
                Some(wanted) => failure.help(wanted),
                None => failure,
            });
            Ok(code)
        }
        None => gates::demand_approved(session, code),
    }
}

/// The end of a run that a signal stopped before its first step.
fn stopped_early(signals: &Signals) -> ExitCode {
    console::say("stopped before the first step: no step has run");
    signals.exit_code().unwrap_or(ExitCode::Interrupted)
}

/// Output that could not be written.
pub(crate) fn sink_error(error: &SinkError) -> Failure {
    Failure::new(FailureKind::Engine, with_causes(error))
}
