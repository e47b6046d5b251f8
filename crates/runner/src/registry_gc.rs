//! Removes unused data from a directory, or from the machine's registry.

use std::path::Path;

use cirun_aws_emulator::{GcOptions, GcReport, gc};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_docker_executor::Engine;
use serde::{Deserialize, Serialize};

use crate::{
    OwnImage,
    gateway::{DATA_DIRECTORY, LocalRegistry, helper_image},
};

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Removed {
    /// The number of blobs.
    pub blobs: u64,
    /// The size of these blobs, in bytes.
    pub bytes: u64,
    /// The number of unfinished uploads.
    pub uploads: u64,
    /// The number of untagged images.
    pub images: u64,
}

/// Removes unused data from a data directory.
///
/// # Errors
/// The directory cannot be read or written.
pub async fn collect(data: &Path, options: GcOptions) -> Result<Removed, Failure> {
    let data = data.to_owned();
    let report = tokio::task::spawn_blocking(move || gc(&data, options)).await.map_err(Failure::aws)?;
    let GcReport { blobs, bytes, uploads, images } = report.map_err(Failure::aws)?;
    Ok(Removed { blobs, bytes, uploads, images })
}

/// Removes unused data from the machine's registry. Runs in the registry's container, as its volume belongs to the engine.
///
/// # Errors
/// The registry cannot be started, or its container reports no result.
pub async fn collect_registry(
    engine: &Engine,
    own: &OwnImage,
    name: &str,
    options: &GcOptions,
) -> Result<Removed, Failure> {
    let registry = LocalRegistry::ensure(engine, own, helper_image(own), name).await?;
    let mut words = vec!["gc".to_owned(), DATA_DIRECTORY.to_owned(), format!("--grace={}s", options.grace.as_secs())];
    words.extend(options.untagged_after.map(|age| format!("--untagged-after={}s", age.as_secs())));
    words.extend(options.dry_run.then(|| "--dry-run".to_owned()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = engine.exec(registry.container(), own.inside(&words)).await?;
    match (output.exit_code, serde_json::from_str(&output.stdout)) {
        (0, Ok(removed)) => Ok(removed),
        _ => {
            let why = format!("the local registry's collection failed: {}", output.stderr.trim());
            Err(Failure::new(FailureKind::Aws, why))
        }
    }
}
