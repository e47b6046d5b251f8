//! The files that a step writes its output variables to (harness-runtime.md 2.6).

use std::{
    io,
    path::{Path, PathBuf},
};

use cirun_engine::{BackendError, OutputFiles, ReadyHost};
use cirun_plan::StepFiles;
use tokio::fs;

use crate::paths::HostPaths;

/// Reads the files that the step's environment names.
pub(crate) async fn read(paths: &HostPaths, host: &ReadyHost) -> Result<OutputFiles, BackendError> {
    let file = |variable: &str| host.env.get(variable).and_then(|path| paths.engine_file(path));
    Ok(OutputFiles {
        outputs: read_file(file("DRONE_OUTPUT").or_else(|| file("HARNESS_OUTPUT_FILE"))).await?,
        secrets: take_file(file("HARNESS_OUTPUT_SECRET_FILE")).await?,
        artifact: read_file(file("PLUGIN_ARTIFACT_FILE")).await?,
    })
}

/// Removes what an earlier attempt wrote: a retry writes to the same files, and in CI they would be new.
pub(crate) async fn remove(paths: &HostPaths, host: &ReadyHost) -> Result<(), BackendError> {
    let variables = StepFiles::VARIABLES.iter();
    for path in variables.filter_map(|name| host.env.get(*name)).filter_map(|path| paths.engine_file(path)) {
        match fs::remove_file(&path).await {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(failed("remove", &path, source)),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Reads a file of secrets, which goes at once: whatever ends cirun, the run's record is left without them.
async fn take_file(path: Option<PathBuf>) -> Result<Option<Vec<u8>>, BackendError> {
    let content = read_file(path.clone()).await?;
    if let (Some(path), Some(_)) = (path, &content) {
        // The end of the run tries again.
        drop(fs::remove_file(path).await);
    }
    Ok(content)
}

async fn read_file(path: Option<PathBuf>) -> Result<Option<Vec<u8>>, BackendError> {
    let Some(path) = path else { return Ok(None) };
    match fs::read(&path).await {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("read", &path, source)),
    }
}

fn failed(verb: &str, path: &Path, source: io::Error) -> BackendError {
    BackendError::Io { what: format!("{verb} the output file {}", path.display()), source }
}
