//! What an emulated plugin finds around it.

use std::{collections::BTreeMap, path::PathBuf};

use crate::StoreError;

/// The environment of the plugin.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The step's environment.
    pub env: BTreeMap<String, String>,
    /// The workspace, the base of relative paths.
    pub workspace: PathBuf,
    /// The path of the workspace in the step.
    pub planned_workspace: PathBuf,
    /// The directory for `/`: another one in tests.
    pub root: PathBuf,
    /// The directory of caches.
    pub caches: PathBuf,
    /// The directory of uploads.
    pub artifacts: PathBuf,
    /// Whether uploads are listed instead of collected.
    pub only_list: bool,
    /// The size limit of caches in bytes; the least recently used are removed first.
    pub limit: u64,
    /// Seconds since the epoch.
    pub now: u64,
}

impl Surroundings {
    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A required variable.
    pub(crate) fn demand(&self, name: &str) -> Result<&str, StoreError> {
        self.get(name).ok_or_else(|| StoreError::Setting(format!("{name} is not set")))
    }

    /// Whether a variable is set to true.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "true" | "TRUE" | "True" | "t" | "T" | "1"))
    }
}
