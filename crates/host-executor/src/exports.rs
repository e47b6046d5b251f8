//! `$DRONE_ENV`: what a host step exports to the later host steps of its stage (harness-runtime.md 1.5).

use std::{
    collections::BTreeMap,
    io,
    sync::{Mutex, PoisonError},
};

use cirun_engine::{ReadyHost, parse_dotenv};
use cirun_plan::StepFiles;
use tokio::fs;

use crate::paths::HostPaths;

/// The variable that names the file.
const FILE: &str = "DRONE_ENV";

/// The exported variables of a stage so far.
#[derive(Debug, Default)]
pub(crate) struct Exports(Mutex<BTreeMap<String, String>>);

impl Exports {
    /// Puts the exports over a step's environment. What the runner sets for the step itself stays.
    pub(crate) fn put_over(&self, env: &mut BTreeMap<String, String>) {
        let exports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let given = exports.iter().filter(|(name, _)| !StepFiles::VARIABLES.contains(&name.as_str()));
        env.extend(given.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Takes what a step that has ended exported; the error is for a person.
    pub(crate) async fn take(&self, paths: &HostPaths, host: &ReadyHost) -> Result<(), String> {
        let Some(path) = host.env.get(FILE).and_then(|path| paths.engine_file(path)) else { return Ok(()) };
        let text = match fs::read_to_string(&path).await {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(format!("what the step exported through ${FILE} cannot be read: {error}")),
        };
        let exported =
            parse_dotenv(&text).map_err(|error| format!("what the step exported through ${FILE} is lost: {error}"))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(exported);
        Ok(())
    }
}
