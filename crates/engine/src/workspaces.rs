//! Directories of single stages.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use cirun_plan::StageId;

/// Directories that take the workspace's place in single stages. All copies are one: a stage that is planned as it begins
/// gets its own then.
#[derive(Debug, Clone, Default)]
pub struct Workspaces(Arc<RwLock<BTreeMap<StageId, PathBuf>>>);

impl Workspaces {
    /// Gives a stage its own.
    pub fn give(&self, stage: StageId, directory: PathBuf) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(stage, directory);
    }

    /// The one of a stage, if it has its own.
    pub fn of(&self, stage: &StageId) -> Option<PathBuf> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(stage).cloned()
    }
}
