//! Calls to AWS services that are not emulated.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use cirun_diagnostics::codes::run::AWS_NOT_EMULATED;
use cirun_engine::EventKind;
use cirun_project::Dialogue;

use crate::record::Record;

/// The names of AWS without a service here that a run has asked for and that have not been reported yet.
pub(crate) struct NotEmulated {
    directory: PathBuf,
    person: &'static dyn Dialogue,
    reported: Mutex<HashSet<String>>,
}

impl NotEmulated {
    /// Those of the run with this record.
    pub(crate) fn of(record: &Record, person: &'static dyn Dialogue) -> Self {
        Self { directory: record.emulator(), person, reported: Mutex::default() }
    }

    /// One finding for each new name.
    pub(crate) fn findings(&self) -> Vec<EventKind> {
        let names = match crate::gateway::resolver::not_emulated(&self.directory) {
            Ok(names) => names,
            Err(error) => {
                self.person.say(&format!("warning: cannot read what the gateway refused: {error}"));
                return Vec::new();
            }
        };
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let new = names.into_iter().filter(|name| reported.insert(name.clone()));
        new.map(|name| {
            let message = format!(
                "a step called `{name}`, an AWS service that is not emulated; the gateway refused \
                the call"
            );
            EventKind::found(AWS_NOT_EMULATED, message, None)
        })
        .collect()
    }
}
