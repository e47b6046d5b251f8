//! What a run comes to: its exit code, the images it pushed, and what differs from CI.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use cirun_diagnostics::{Diagnostic, Failure, FailureKind, Severity, codes::run::AWS_NOT_EMULATED};
use cirun_engine::{BackendError, EventKind, Outcome, RunError, RunResult};
use cirun_plan::{Action, PlannedStage, PlannedStep, SkipReason, StepPath};
use cirun_report::human_count;

use crate::{
    args::{PlanOptions, ProgressMode, RunOptions},
    console,
    exit::ExitCode,
    front,
    front::LocalRegistry,
    record::Record,
    session::Session,
    signals::Signals,
};

/// The exit code of a result; with `--strict-parity`, a difference from CI that the run found counts.
pub(super) fn exit_code(result: &RunResult, signals: &Signals, strict_parity: bool) -> ExitCode {
    if let Some(code) = signals.exit_code() {
        return code;
    }
    if let Some(error) = &result.error {
        return error.kind().into();
    }
    match result.outcome {
        Outcome::Succeeded | Outcome::Ignored | Outcome::Skipped if strict_parity && result.differences > 0 => {
            ExitCode::Parity
        }
        Outcome::Succeeded | Outcome::Ignored | Outcome::Skipped => ExitCode::Success,
        Outcome::Failed | Outcome::TimedOut | Outcome::Aborted => ExitCode::StageFailed,
    }
}

/// How many differences there are, in words.
pub(super) fn differences(count: usize) -> String {
    format!("{} from CI", human_count(count, "difference"))
}

/// Which step wants the image that could not be got, and where it says so.
pub(super) fn who_wants(session: &Session, error: &RunError) -> Option<String> {
    let RunError::Backend(BackendError::Image { image, .. }) = error else { return None };
    session.plan().stages.iter().flat_map(PlannedStage::steps).find_map(|step| match &step.action {
        Action::Container(container) if container.image.value.shown() == *image => {
            Some(format!("step `{}` wants it ({})", step.path, container.image.origin))
        }
        Action::Container(_) | Action::Host(_) | Action::Wait(_) | Action::Skip(_) => None,
    })
}

/// After a failed step, how to look into it and how to go on from it.
pub(super) fn say_next(result: &RunResult, session: &Session) {
    let is_read = match session.settings.progress.value {
        ProgressMode::Auto | ProgressMode::Tty | ProgressMode::Plain => true,
        ProgressMode::Json | ProgressMode::Quiet => false,
    };
    if let (true, Some(step)) = (is_read, &result.first_failed) {
        say_addresses(session, step);
        let step = if session.plan().stages.len() > 1 { step.full() } else { step.as_str() };
        console::say(&format!(
            "\nnext: `cirun rerun --from {step}` continues from that step; with `--shell-on-failure` it opens a shell \
             there"
        ));
    }
}

/// What was found before the run about the addresses that a failed step uses.
fn say_addresses(session: &Session, failed: &StepPath) {
    let steps = || session.plan().stages.iter().flat_map(PlannedStage::steps);
    let Some(step) = steps().find(|step| step.path == *failed) else { return };
    let is_of_step = |diagnostic: &&Diagnostic| {
        let place = diagnostic.labels.first().map(|label| cirun_diagnostics::location(label.span, &session.sources));
        ADDRESS_CODES.contains(&diagnostic.code) && place == Some(step.place.to_string())
    };
    for diagnostic in session.diagnostics.iter().filter(is_of_step) {
        let help = diagnostic.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        console::say(&format!("\nlook at {}: {}{help}", step.place, diagnostic.message));
    }
}

/// The diagnostics about addresses at which no service is.
const ADDRESS_CODES: [&str; 3] = ["service-address", "service-in-group", "service-host-name"];

/// With `--keep`, what is on the engine has to be removed by hand.
pub(super) fn say_kept(run: &str, options: &RunOptions, has_engine: bool) {
    if options.keep && has_engine {
        console::say(&format!(
            "\nkept: the containers, networks and volumes of run {run} (`cirun ps` lists them, `cirun clean --run \
             {run}` removes them)"
        ));
    }
}

/// With `--strict-parity`, a difference from CI ends the run before it begins.
pub(super) fn demand_parity(session: &Session, plan: &PlanOptions) -> Result<(), Failure> {
    let differences = session.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Parity).count();
    if !plan.strict_parity || differences == 0 {
        return Ok(());
    }
    say_parity(session);
    Err(Failure::new(FailureKind::Parity, format!("{}; nothing was started", self::differences(differences)))
        .help("without `--strict-parity` they are reported and the run continues"))
}

/// With `--fail-on-skip`, a step that is not run locally ends the run before it begins.
pub(super) fn demand_no_skips(session: &Session, plan: &PlanOptions) -> Result<(), Failure> {
    if !plan.fail_on_skip {
        return Ok(());
    }
    let skipped: Vec<String> = session.plan().stages.iter().flat_map(skipped_steps).collect();
    let stages = left_out(session);
    let counts = [(skipped.len(), "step"), (stages.len(), "stage")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| human_count(count, what));
    let counts = counts.collect::<Vec<_>>().join(" and ");
    if counts.is_empty() {
        return Ok(());
    }
    Err(Failure::input(format!("{counts} not run locally:{}{}", skipped.concat(), stages.concat())))
}

/// The same of stages that are planned as they begin.
pub(super) fn demand_no_skipped_steps(stages: &[PlannedStage]) -> Result<(), Failure> {
    let skipped: Vec<String> = stages.iter().flat_map(skipped_steps).collect();
    match skipped.len() {
        0 => Ok(()),
        count => Err(Failure::input(format!("{} not run locally:{}", human_count(count, "step"), skipped.concat()))),
    }
}

/// A pipeline of which nothing runs here is no success: the run ends before it begins.
pub(super) fn demand_something_to_run(session: &Session) -> Result<(), Failure> {
    let stages = &session.plan().stages;
    let runs = |step: &PlannedStep| match step.action {
        Action::Container(_) | Action::Host(_) | Action::Wait(_) => true,
        Action::Skip(SkipReason::NotSelected) => true,
        Action::Skip(SkipReason::NotRunLocally { .. }) => false,
    };
    let is_run = |stage: &PlannedStage| stage.not_here.is_none() && stage.steps().into_iter().any(runs);
    let rows: Vec<String> = stages.iter().flat_map(skipped_steps).chain(left_out(session)).collect();
    if rows.is_empty() || stages.iter().any(is_run) {
        return Ok(());
    }
    Err(Failure::input(format!("nothing of this pipeline runs locally:{}", rows.concat()))
        .help("`cirun plan`, `explain` and `check` still work on it"))
}

/// The stages that are not in the plan, and why.
fn left_out(session: &Session) -> Vec<String> {
    session.planned.left_out.iter().map(|left| format!("\n  {}: {}", left.stage, left.why)).collect()
}

/// The steps of a stage that are not run locally, and why.
fn skipped_steps(stage: &PlannedStage) -> Vec<String> {
    let why = |step: &PlannedStep| match (&stage.not_here, &step.action) {
        (_, Action::Skip(SkipReason::NotSelected)) => None,
        (Some(why), _) | (None, Action::Skip(SkipReason::NotRunLocally { why })) => Some(why.clone()),
        (None, Action::Container(_) | Action::Host(_) | Action::Wait(_)) => None,
    };
    let row = |step: &PlannedStep| why(step).map(|why| format!("\n  {}: {why}", step.path));
    stage.steps().into_iter().filter_map(row).collect()
}

/// Says what was pushed and how to get it.
pub(super) fn say_pushed(record: &Record, registry: Option<&LocalRegistry>) {
    let pushed = match front::pushed(&record.emulator()) {
        Ok(pushed) => pushed,
        Err(error) => {
            console::say(&format!("warning: cannot read the emulator's request log: {error}"));
            return;
        }
    };
    let (Some(registry), false) = (registry, pushed.is_empty()) else { return };
    console::say("\nimages (kept in the local registry):");
    for image in pushed {
        console::say(&format!("  {}/{}:{}  {}", image.registry, image.repository, image.tag, image.digest));
        console::say(&format!("    docker pull {}", registry.address(&image)));
    }
}

/// Says which names outside of a closed network were asked for.
pub(super) fn say_refused(record: &Record) {
    match front::resolver::refused(&record.emulator()) {
        Ok(names) if names.is_empty() => {}
        Ok(names) => {
            console::say(&format!("\nnames outside the stage ({}), refused by `--egress`:", names.len()));
            for (name, times) in names {
                console::say(&format!("  {name}  {times}×"));
            }
        }
        Err(error) => console::say(&format!("warning: cannot read the names that were refused: {error}")),
    }
}

/// The names of AWS without a service here that a run has asked for and that have not been reported yet.
#[derive(Debug)]
pub(super) struct NotEmulated {
    directory: PathBuf,
    reported: Mutex<HashSet<String>>,
}

impl NotEmulated {
    /// Those of the run with this record.
    pub(super) fn of(record: &Record) -> Self {
        Self { directory: record.emulator(), reported: Mutex::default() }
    }

    /// One finding for each new name.
    pub(super) fn findings(&self) -> Vec<EventKind> {
        let names = match front::resolver::not_emulated(&self.directory) {
            Ok(names) => names,
            Err(error) => {
                console::say(&format!("warning: cannot read what the gateway refused: {error}"));
                return Vec::new();
            }
        };
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let new = names.into_iter().filter(|name| reported.insert(name.clone()));
        new.map(|name| {
            let message = format!(
                "a step called `{name}`, an AWS service that is not emulated; the gateway refused \
                the call"
            );
            EventKind::found(AWS_NOT_EMULATED, message, None)
        })
        .collect()
    }
}

/// Says what differs from CI.
pub(super) fn say_parity(session: &Session) {
    let differences: Vec<_> =
        session.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Parity).collect();
    if differences.is_empty() {
        return;
    }
    console::say(&format!("\ndiffers from CI ({}):", differences.len()));
    for diagnostic in differences {
        let place = diagnostic
            .labels
            .first()
            .map(|label| format!("  ({})", cirun_diagnostics::location(label.span, &session.sources)));
        console::say(&format!("  {}{}", diagnostic.message, place.unwrap_or_default()));
    }
}
