//! The emulated plugins.

use std::str::FromStr;

use crate::{StoreError, Surroundings, cache, upload};

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
