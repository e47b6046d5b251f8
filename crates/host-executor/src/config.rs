//! What a run tells the executor once, before its first stage.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, time::Duration};

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// The directory that steps run in: the workspace of the stage.
    pub workspace: PathBuf,
    /// Directories of single stages that take its place, by the stage's id.
    pub workspaces: BTreeMap<String, PathBuf>,
    /// What stands for [`HostConfig::ENGINE_DIR`]; created when absent.
    pub run_dir: PathBuf,
    /// The machine's environment, of which steps inherit no credential (docs/host-steps.md); the steps' own goes over it.
    pub environment: BTreeMap<String, String>,
    /// What the run itself gives every step, between the two: how the emulated AWS is reached.
    pub given: BTreeMap<String, String>,
    /// Where the stages' home directories are made; each is removed with its stage.
    pub homes: PathBuf,
    /// Where the run keeps files that plans name in [`HostConfig::ENGINE_DIR`] and no step writes, by those names; a variable
    /// that names one without a place is left out.
    pub own_files: BTreeMap<String, Option<PathBuf>>,
    /// A program, by its absolute path (steps run in another directory and with another `PATH`), and the arguments that make
    /// it call [`guard_main`](crate::guard_main) with those that follow.
    pub guard: Vec<OsString>,
    /// How long a step may take to end after SIGTERM (flow.stop).
    pub stop_grace: Duration,
}

impl HostConfig {
    /// The directory of the steps' output files in plans (infra.engine-directory).
    pub const ENGINE_DIR: &str = "/tmp/engine";
}
