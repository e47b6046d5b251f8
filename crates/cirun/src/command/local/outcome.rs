//! The outcome of a run: its exit code, the images that it pushed, and its differences from CI.

use std::path::Path;

use cirun_diagnostics::{Diagnostic, Failure, FailureKind, Severity};
use cirun_engine::{BackendError, Outcome, RunError, RunResult};
use cirun_plan::{Action, PlannedStage, StepPath};
use cirun_project::{Compiled, settings::ProgressMode};
use cirun_runner::{gateway, gateway::LocalRegistry, local_store, record::Record};
use cirun_terminal_text::human_count;

use crate::{
    args::{PlanOptions, RunOptions},
    console,
    exit::ExitCode,
    signals::Signals,
};

/// Maximum number of uploaded files to list.
const LISTED: usize = 20;

/// The exit code of a result. With `strict_parity`, differences from CI that the run found count as failure.
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

/// The number of differences, in words.
pub(super) fn differences(count: usize) -> String {
    format!("{} from CI", human_count(count, "difference"))
}

/// The step that needs the missing image of `error`, and the origin of the image's name, in words.
pub(super) fn who_wants(compiled: &Compiled, error: &RunError) -> Option<String> {
    let RunError::Backend(BackendError::Image { image, .. }) = error else { return None };
    compiled.plan().stages.iter().flat_map(PlannedStage::steps).find_map(|step| match &step.action {
        Action::Container(container) if container.image.value.shown() == *image => {
            Some(format!("step `{}` wants it ({})", step.path, container.image.origin))
        }
        Action::Container(_) | Action::Host(_) | Action::Wait(_) | Action::Skip(_) => None,
    })
}

/// After a failed step, prints how to inspect it and how to continue from it.
pub(super) fn say_next(result: &RunResult, compiled: &Compiled) {
    let is_read = match compiled.settings.progress.value {
        ProgressMode::Auto | ProgressMode::Tty | ProgressMode::Plain => true,
        ProgressMode::Json | ProgressMode::Quiet => false,
    };
    if let (true, Some(step)) = (is_read, &result.first_failed) {
        say_addresses(compiled, step);
        let step = if compiled.plan().stages.len() > 1 { step.full() } else { step.as_str() };
        console::say(&format!(
            "\nnext: `cirun rerun --from {step}` continues from that step; with `--shell-on-failure` it opens a shell \
             there"
        ));
    }
}

/// Prints the diagnostics about addresses that a failed step uses, which were found before the run.
fn say_addresses(compiled: &Compiled, failed: &StepPath) {
    let steps = || compiled.plan().stages.iter().flat_map(PlannedStage::steps);
    let Some(step) = steps().find(|step| step.path == *failed) else { return };
    let is_of_step = |diagnostic: &&Diagnostic| {
        let place = diagnostic.labels.first().map(|label| cirun_diagnostics::location(label.span, &compiled.sources));
        ADDRESS_CODES.contains(&diagnostic.code) && place == Some(step.place.to_string())
    };
    for diagnostic in compiled.diagnostics.iter().filter(is_of_step) {
        let help = diagnostic.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        console::say(&format!("\nlook at {}: {}{help}", step.place, diagnostic.message));
    }
}

/// The diagnostics about addresses without a service.
const ADDRESS_CODES: [&str; 3] = ["service-address", "service-in-group", "service-host-name"];

/// With `--keep`, prints how to remove what the run left on the engine.
pub(super) fn say_kept(run: &str, options: &RunOptions, has_engine: bool) {
    if options.keep && has_engine {
        console::say(&format!(
            "\nkept: the containers, networks and volumes of run {run} (`cirun ps` lists them, `cirun clean --run \
             {run}` removes them)"
        ));
    }
}

/// With `--strict-parity`, refuses a plan that differs from CI.
pub(super) fn demand_parity(compiled: &Compiled, plan: &PlanOptions) -> Result<(), Failure> {
    let differences = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Parity).count();
    if !plan.strict_parity || differences == 0 {
        return Ok(());
    }
    say_parity(compiled);
    Err(Failure::new(FailureKind::Parity, format!("{}; nothing was started", self::differences(differences)))
        .help("without `--strict-parity` they are reported and the run continues"))
}

/// Prints the pushed images and how to pull them.
pub(super) fn say_pushed(record: &Record, registry: Option<&LocalRegistry>) {
    let pushed = match gateway::pushed(&record.emulator()) {
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

/// Prints the uploaded files, by their paths in the store.
pub(crate) fn say_collected(artifacts: &Path) {
    let files = match local_store::collected(artifacts) {
        Ok(files) => files,
        Err(error) => {
            console::say(&format!("warning: cannot read the collected uploads: {error}"));
            return;
        }
    };
    if files.is_empty() {
        return;
    }
    console::say(&format!("\nuploads (collected in {}):", artifacts.display()));
    for (path, bytes) in files.iter().take(LISTED) {
        console::say(&format!("  {}  {bytes} bytes", path.strip_prefix(artifacts).unwrap_or(path).display()));
    }
    if files.len() > LISTED {
        console::say(&format!("  … and {} more", files.len() - LISTED));
    }
}

/// Prints the names that steps of a closed network asked for and that were refused.
pub(super) fn say_refused(record: &Record) {
    match gateway::refused(&record.emulator()) {
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

/// Prints the differences from CI.
pub(super) fn say_parity(compiled: &Compiled) {
    let differences: Vec<_> =
        compiled.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Parity).collect();
    if differences.is_empty() {
        return;
    }
    console::say(&format!("\ndiffers from CI ({}):", differences.len()));
    for diagnostic in differences {
        let place = diagnostic
            .labels
            .first()
            .map(|label| format!("  ({})", cirun_diagnostics::location(label.span, &compiled.sources)));
        console::say(&format!("  {}{}", diagnostic.message, place.unwrap_or_default()));
    }
}
