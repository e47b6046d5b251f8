//! `cirun aws gc`: removes unused data from the machine's registry, or from a directory.

use std::path::Path;

use cirun_aws_emulator::GcOptions;
use cirun_diagnostics::{Failure, FailureKind};
use cirun_project::{Context, settings_here};
use cirun_report::human_bytes;
use cirun_runner::{
    OwnImage, engine,
    registry_gc::{Removed, collect, collect_registry},
};
use cirun_terminal_text::human_count;

use crate::{args, console, exit::ExitCode};

/// Removes unused data from a directory of `cirun aws serve`.
pub(super) async fn directory(data: &Path, options: &args::GcOptions) -> Result<ExitCode, Failure> {
    if !data.join("blobs").is_dir() {
        return Err(Failure::usage(format!("{} holds no registry", data.display()))
            .help("name the directory that `cirun aws serve --data` was given"));
    }
    say(&collect(data, of(options)).await?, options, &data.display().to_string());
    Ok(ExitCode::Success)
}

/// Removes unused data from the machine's registry.
pub(super) async fn machine(options: &args::GcOptions, context: Context<'_>) -> Result<ExitCode, Failure> {
    let settings = settings_here(context)?;
    let name = &settings.registry.value;
    let engine = engine::find(context.environment, context.paths).await?;
    let own = OwnImage::of(&context.environment.program)?;
    let removed = collect_registry(&engine, &own, name, &of(options)).await?;
    say(&removed, options, &format!("the local registry (volume {name})"));
    Ok(ExitCode::Success)
}

/// Removes unused data inside the registry's container, and prints the result as JSON for cirun outside.
pub(crate) async fn inside(data: &Path, options: &args::GcOptions) -> Result<ExitCode, Failure> {
    let text = serde_json::to_string(&collect(data, of(options)).await?)
        .map_err(|error| Failure::caused(FailureKind::Aws, error))?;
    console::data(&format!("{text}\n"))?;
    Ok(ExitCode::Success)
}

fn of(&args::GcOptions { dry_run, grace, untagged_after }: &args::GcOptions) -> GcOptions {
    GcOptions { grace, untagged_after, dry_run }
}

fn say(report: &Removed, options: &args::GcOptions, of: &str) {
    let verb = if options.dry_run { "would free" } else { "freed" };
    let words = |number: u64, noun: &str| human_count(usize::try_from(number).unwrap_or(usize::MAX), noun);
    console::say(&format!(
        "{of}: {verb} {} in {}, {} and {}",
        human_bytes(report.bytes),
        words(report.blobs, "blob"),
        words(report.images, "untagged image"),
        words(report.uploads, "unfinished upload")
    ));
}
