//! Reports calls to AWS services that are not emulated.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use cirun_diagnostics::codes::run::AWS_NOT_EMULATED;
use cirun_engine::EventKind;
use cirun_project::Dialogue;

use crate::record::Record;

/// Finds calls of a run to AWS services that are not emulated, and reports each name once.
pub(crate) struct NotEmulated {
    directory: PathBuf,
    person: &'static dyn Dialogue,
    reported: Mutex<HashSet<String>>,
}

impl NotEmulated {
    /// Watches the run with this record.
    pub(crate) fn of(record: &Record, person: &'static dyn Dialogue) -> Self {
        Self { directory: record.emulator(), person, reported: Mutex::default() }
    }

    /// The findings since the last call, one for each new name.
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
