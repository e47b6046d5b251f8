//! The emulated plugins, and their settings.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use crate::{StoreError, cache, upload};

/// An emulated plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `plugins/cache`: saves and restores.
    Cache,
    /// `plugins/s3`.
    S3,
    /// `plugins/gcs`.
    Gcs,
    /// `plugins/artifactory`.
    Artifactory,
}

impl FromStr for Program {
    type Err = StoreError;

    fn from_str(word: &str) -> Result<Self, StoreError> {
        match word {
            "cache" => Ok(Self::Cache),
            "s3" => Ok(Self::S3),
            "gcs" => Ok(Self::Gcs),
            "artifactory" => Ok(Self::Artifactory),
            other => Err(StoreError::Setting(format!("there is no emulation of the plugin `{other}`"))),
        }
    }
}

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

/// Runs an emulated plugin; reports its actions one line at a time.
///
/// # Errors
/// Everything that fails the plugin's step in CI, and every failure to store the files.
pub fn run(program: Program, around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    match program {
        Program::Cache => cache::run(around, say),
        Program::S3 => upload::run(&upload::s3::plan(around)?, around, say),
        Program::Gcs => upload::run(&upload::gcs::plan(around)?, around, say),
        Program::Artifactory => upload::run(&upload::artifactory::plan(around)?, around, say),
    }
}
