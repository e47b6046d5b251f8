//! `cirun aws gc`: removes what no image needs, from the machine's registry or from a directory.

use std::path::Path;

use cirun_aws_emulator::{GcOptions, GcReport, gc};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_project::{Context, settings_here};
use cirun_report::human_bytes;
use cirun_runner::{
    OwnImage, engine, gateway,
    gateway::{DATA_DIRECTORY, LocalRegistry},
};
use cirun_terminal_text::human_count;
use serde::{Deserialize, Serialize};

use crate::{args, console, exit::ExitCode};

/// What went, on its way out of a container.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    blobs: u64,
    bytes: u64,
    uploads: u64,
    images: u64,
}

/// Collects a directory of `cirun aws serve`.
pub(super) async fn directory(data: &Path, options: &args::GcOptions) -> Result<ExitCode, Failure> {
    if !data.join("blobs").is_dir() {
        return Err(Failure::usage(format!("{} holds no registry", data.display()))
            .help("name the directory that `cirun aws serve --data` was given"));
    }
    say(&collect(data, options).await?, options, &data.display().to_string());
    Ok(ExitCode::Success)
}

/// Collects the registry of this machine, in its own container: the volume is the engine's.
pub(super) async fn machine(options: &args::GcOptions, context: Context<'_>) -> Result<ExitCode, Failure> {
    let settings = settings_here(context)?;
    let name = &settings.registry.value;
    let engine = engine::find(context.environment, context.paths).await?;
    let own = OwnImage::locate()?;
    let registry = LocalRegistry::ensure(&engine, &own, gateway::helper_image(&own), name).await?;
    let mut words = vec!["gc".to_owned(), DATA_DIRECTORY.to_owned(), format!("--grace={}s", options.grace.as_secs())];
    words.extend(options.untagged_after.map(|age| format!("--untagged-after={}s", age.as_secs())));
    words.extend(options.dry_run.then(|| "--dry-run".to_owned()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = engine.exec(registry.container(), own.inside(&words)).await?;
    let report: Report = match (output.exit_code, serde_json::from_str(&output.stdout)) {
        (0, Ok(report)) => report,
        _ => {
            return Err(Failure::new(
                FailureKind::Aws,
                format!("the local registry's collection failed: {}", output.stderr.trim()),
            ));
        }
    };
    say(&report, options, &format!("the local registry (volume {name})"));
    Ok(ExitCode::Success)
}

/// Collects inside the registry's container, and prints the report for the cirun outside.
pub(crate) async fn inside(data: &Path, options: &args::GcOptions) -> Result<ExitCode, Failure> {
    let text = serde_json::to_string(&collect(data, options).await?)
        .map_err(|error| Failure::new(FailureKind::Aws, error.to_string()))?;
    console::data(&format!("{text}\n"))?;
    Ok(ExitCode::Success)
}

async fn collect(data: &Path, options: &args::GcOptions) -> Result<Report, Failure> {
    let (data, args::GcOptions { dry_run, grace, untagged_after }) = (data.to_owned(), options.clone());
    let work = move || gc(&data, GcOptions { grace, untagged_after, dry_run });
    let report = tokio::task::spawn_blocking(work).await.map_err(Failure::aws)?;
    let GcReport { blobs, bytes, uploads, images } = report.map_err(Failure::aws)?;
    Ok(Report { blobs, bytes, uploads, images })
}

fn say(report: &Report, options: &args::GcOptions, of: &str) {
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
