//! `cirun __inside store`: emulates a plugin for caches or uploads in the container of its step.

use std::path::{Path, PathBuf};

use cirun_diagnostics::{Failure, FailureKind};
use cirun_local_store::{Program, Surroundings};
use cirun_project::Environment;
use jiff::Timestamp;

use crate::local_store::KEPT_OF_ONE;

/// The options of `cirun __inside store`.
#[derive(Debug)]
pub struct Orders {
    /// List uploads instead of collecting them.
    pub list: bool,
    /// The directory of caches.
    pub caches: PathBuf,
    /// The directory of uploads.
    pub artifacts: PathBuf,
    /// The path of the workspace in the step; by default the working directory.
    pub workspace: Option<PathBuf>,
}

/// Runs a program in the workspace, with the environment variables of its step. `print` prints its lines.
///
/// # Errors
/// The program failed, or the output is closed.
pub fn run(
    program: Program,
    orders: Orders,
    environment: &Environment,
    print: &dyn Fn(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let workspace = environment.directory.clone();
    let surroundings = Surroundings {
        env: environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        planned_workspace: orders.workspace.unwrap_or_else(|| workspace.clone()),
        workspace,
        root: Path::new("/").to_owned(),
        caches: orders.caches,
        artifacts: orders.artifacts,
        only_list: orders.list,
        limit: KEPT_OF_ONE,
        now: u64::try_from(Timestamp::now().as_second()).unwrap_or_default(),
    };
    let mut printed = Ok(());
    let mut say = |line: &str| {
        if printed.is_ok() {
            printed = print(&format!("{line}\n"));
        }
    };
    cirun_local_store::run(program, &surroundings, &mut say)
        .map_err(|error| Failure::new(FailureKind::Stage, error.to_string()))?;
    printed
}
