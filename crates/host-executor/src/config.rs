//! The settings of a run, which the executor gets once, before the first stage.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, time::Duration};

use cirun_engine::Workspaces;

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// The working directory of steps: the workspace of the stage.
    pub workspace: PathBuf,
    /// Directories that replace it in single stages.
    pub workspaces: Workspaces,
    /// The local directory for [`HostConfig::ENGINE_DIR`]; created if it does not exist.
    pub run_dir: PathBuf,
    /// The machine's environment, from which steps inherit no credentials (docs/host-steps.md); the steps' own
    /// variables override it.
    pub environment: BTreeMap<String, String>,
    /// Variables that the run sets for every step, between the two: how to reach the emulated AWS.
    pub given: BTreeMap<String, String>,
    /// The parent of the stages' home directories; each one is removed with its stage.
    pub homes: PathBuf,
    /// The local paths of files that plans name in [`HostConfig::ENGINE_DIR`] and that steps do not write, by those
    /// names; a variable that names one without a path is removed.
    pub own_files: BTreeMap<String, Option<PathBuf>>,
    /// A program, by its absolute path (steps run in another directory and with another `PATH`), and the arguments with
    /// which it calls [`supervisor_main`](crate::supervisor_main) on the rest of its arguments.
    pub supervisor: Vec<OsString>,
    /// How long a step may take to end after SIGTERM (flow.stop).
    pub stop_grace: Duration,
}

impl HostConfig {
    /// The directory of the steps' output files in plans (infra.engine-directory).
    pub const ENGINE_DIR: &str = "/tmp/engine";
}
