//! The files that a step writes its output variables to, read on the host through the run's directory.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use cirun_engine::{BackendError, OutputFiles, ReadyContainer};
use cirun_plan::StepFiles;
use tokio::fs;

use crate::RunConfig;

/// Reads the files that the step's environment names (harness-runtime.md 2.6).
pub(crate) async fn read(run_dir: &Path, container: &ReadyContainer) -> Result<OutputFiles, BackendError> {
    let file = |variable: &str| container.env.get(variable).and_then(|path| host_path(run_dir, path));
    Ok(OutputFiles {
        outputs: read_file(file("DRONE_OUTPUT").or_else(|| file("HARNESS_OUTPUT_FILE"))).await?,
        secrets: take_file(file("HARNESS_OUTPUT_SECRET_FILE")).await?,
        artifact: read_file(file("PLUGIN_ARTIFACT_FILE")).await?,
    })
}

/// Removes what an earlier attempt wrote: a retry writes to the same files, and in CI they would be new.
pub(crate) async fn remove(run_dir: &Path, container: &ReadyContainer) -> Result<(), BackendError> {
    let variables = StepFiles::VARIABLES.iter();
    for path in variables.filter_map(|name| container.env.get(*name)).filter_map(|path| host_path(run_dir, path)) {
        match fs::remove_file(&path).await {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(BackendError::Io { what: format!("remove the output file {}", path.display()), source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Where a file below the run's directory is on the host; `None` for every other path.
fn host_path(run_dir: &Path, path: &str) -> Option<PathBuf> {
    let below = Path::new(path).strip_prefix(RunConfig::RUN_DIR).ok()?;
    let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && below.components().next().is_some()).then(|| run_dir.join(below))
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

/// A link is not followed: it would lead a step's container to files of the host.
async fn read_file(path: Option<PathBuf>) -> Result<Option<Vec<u8>>, BackendError> {
    let Some(path) = path else { return Ok(None) };
    let content = match fs::symlink_metadata(&path).await {
        Ok(meta) if meta.is_file() => fs::read(&path).await,
        Ok(_) => return Ok(None),
        Err(error) => Err(error),
    };
    match content {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(BackendError::Io { what: format!("read the output file {}", path.display()), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_below_the_runs_directory() {
        let host = |path| host_path(Path::new("/run/r1"), path);
        assert_eq!(host("/tmp/engine/a-output.env"), Some("/run/r1/a-output.env".into()));
        assert_eq!(host("/tmp/engine/d/a"), Some("/run/r1/d/a".into()));
        assert_eq!(host("/tmp/engine"), None);
        assert_eq!(host("/tmp/engine/../passwd"), None);
        assert_eq!(host("/tmp/engines/a"), None);
        assert_eq!(host("/etc/passwd"), None);
    }
}
