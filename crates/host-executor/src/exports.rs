//! `$DRONE_ENV`: variables that a host step exports to the later host steps of its stage (environment.exports).

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use cirun_engine::{ReadyHost, parse_dotenv};
use cirun_plan::StepFiles;

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

    /// Reads the exports of a step that has ended; the error is text to print.
    pub(crate) async fn take(&self, paths: &HostPaths, host: &ReadyHost) -> Result<(), String> {
        let lost = |error: &dyn fmt::Display| {
            format!(
                "the variables that the step exported through ${FILE} are lost: \
            {error}"
            )
        };
        let read = cirun_step_files::export(paths.files_of(host)).await.map_err(|error| lost(&error))?;
        let Some(content) = read.map_err(|reason| lost(&reason))? else { return Ok(()) };
        let text = String::from_utf8(content).map_err(|error| lost(&error))?;
        let exported = parse_dotenv(&text).map_err(|error| lost(&error))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(exported);
        Ok(())
    }
}
