//! `$DRONE_ENV`: variables that a host step exports to the later host steps of its stage (environment.exports).

use std::{
    collections::BTreeMap,
    string::FromUtf8Error,
    sync::{Mutex, PoisonError},
};

use cirun_engine::{BackendError, DotenvError, ReadyHost, parse_dotenv};
use cirun_plan::StepFiles;
use cirun_step_files::RefusedFile;

use crate::paths::HostPaths;

/// The variable that names the file.
const FILE: &str = "DRONE_ENV";

/// The exported variables of a stage so far.
#[derive(Debug, Default)]
pub(crate) struct Exports(Mutex<BTreeMap<String, String>>);

impl Exports {
    /// Adds the exports to a step's environment. Variables that the runner sets for the step itself stay.
    pub(crate) fn put_over(&self, env: &mut BTreeMap<String, String>) {
        let exports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let given = exports.iter().filter(|(name, _)| !StepFiles::VARIABLES.contains(&name.as_str()));
        env.extend(given.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Reads the exports of a step that has ended.
    pub(crate) async fn take(&self, paths: &HostPaths, host: &ReadyHost) -> Result<(), LostExports> {
        self.read(paths, host).await.map_err(LostExports)
    }

    async fn read(&self, paths: &HostPaths, host: &ReadyHost) -> Result<(), Unreadable> {
        let Some(content) = cirun_step_files::export(paths.files_of(host)).await?? else { return Ok(()) };
        let exported = parse_dotenv(&String::from_utf8(content)?)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(exported);
        Ok(())
    }
}

/// Why the exports of a step are lost.
#[derive(Debug, thiserror::Error)]
#[error("the variables that the step exported through ${FILE} are lost: {0}")]
pub(crate) struct LostExports(Unreadable);

/// Why the file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error(transparent)]
    Run(#[from] BackendError),
    #[error(transparent)]
    Refused(#[from] RefusedFile),
    #[error(transparent)]
    NotText(#[from] FromUtf8Error),
    #[error(transparent)]
    Syntax(#[from] DotenvError),
}
