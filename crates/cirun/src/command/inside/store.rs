//! `cirun __inside store`: plays a plugin for caches or uploads, where the files of its step are.

use std::{
    env,
    path::{Path, PathBuf},
};

use cirun_diagnostics::{Failure, FailureKind};
use cirun_local_store::{Program, Surroundings};
use jiff::Timestamp;

use crate::{console, exit::ExitCode, local_store::KEPT_OF_ONE};

/// Where it keeps what.
#[derive(Debug)]
pub(super) struct Orders {
    pub list: bool,
    pub caches: PathBuf,
    pub artifacts: PathBuf,
    pub workspace: Option<PathBuf>,
}

/// Runs to its end in the working directory, which is the workspace.
pub(super) fn run(program: Program, orders: Orders) -> Result<ExitCode, Failure> {
    let workspace = env::current_dir().map_err(|error| Failure::io("cannot find the workspace", error))?;
    let surroundings = Surroundings {
        env: env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect(),
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
            printed = console::data(&format!("{line}\n"));
        }
    };
    cirun_local_store::run(program, &surroundings, &mut say)
        .map_err(|error| Failure::new(FailureKind::Stage, error.to_string()))?;
    printed?;
    Ok(ExitCode::Success)
}
