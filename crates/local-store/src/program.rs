//! Which plugin is played, and with what.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use crate::{StoreError, cache, upload};

/// A plugin that is played.
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
            other => Err(StoreError::Setting(format!("no plugin `{other}` is played"))),
        }
    }
}

/// Where the plugin runs.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The step's environment.
    pub env: BTreeMap<String, String>,
    /// The workspace, which relative paths begin at.
    pub workspace: PathBuf,
    /// The workspace as the step's paths name it.
    pub planned_workspace: PathBuf,
    /// What stands for `/`: another directory in tests.
    pub root: PathBuf,
    /// Where caches are kept.
    pub caches: PathBuf,
    /// Where uploads are collected.
    pub artifacts: PathBuf,
    /// Uploads are listed, and not collected.
    pub only_list: bool,
    /// How many bytes of caches are kept; the least recently used go first.
    pub limit: u64,
    /// Seconds since the epoch.
    pub now: u64,
}

impl Surroundings {
    /// A variable that is set to something.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A variable without which the plugin can do nothing.
    pub(crate) fn demand(&self, name: &str) -> Result<&str, StoreError> {
        self.get(name).ok_or_else(|| StoreError::Setting(format!("{name} is not set")))
    }

    /// Whether a variable is set to true.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "true" | "TRUE" | "True" | "t" | "T" | "1"))
    }
}

/// Plays a plugin; what it does is told a line at a time.
///
/// # Errors
/// Whatever makes the plugin's step fail in CI, and everything that keeps the files from being kept.
pub fn run(program: Program, around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    match program {
        Program::Cache => cache::run(around, say),
        Program::S3 => upload::run(&upload::s3::plan(around)?, around, say),
        Program::Gcs => upload::run(&upload::gcs::plan(around)?, around, say),
        Program::Artifactory => upload::run(&upload::artifactory::plan(around)?, around, say),
    }
}
