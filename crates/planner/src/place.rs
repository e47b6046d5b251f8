//! Where in the pipeline planning is.

use std::sync::Arc;

use cirun_parser::{Node, model::RegistrySpec};
use cirun_plan::StepPath;

use crate::{env::Env, platform::Platform, tables::Column};

/// The stage.
#[derive(Debug, Clone)]
pub(crate) struct StagePlace {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Its type: `CI`, or another's with containerised step groups.
    pub(crate) kind: String,
    pub(crate) column: Column,
    pub(crate) platform: Platform,
    /// A containerised step group's place in the stage: its steps are those of the group, not of the stage.
    pub(crate) containerised: bool,
    pub(crate) pipeline: String,
    pub(crate) org: String,
    pub(crate) project: String,
    /// `hostNames` of the infrastructure: they resolve to the pod itself.
    pub(crate) host_names: Vec<String>,
    /// `registries`: which connector pulls which images.
    pub(crate) registries: Arc<[RegistrySpec]>,
    /// What the codebase is cloned with.
    pub(crate) clone_login: Env,
    /// The volumes of its pod, as written.
    pub(crate) volumes: Option<Node>,
    /// `caching.enabled`.
    pub(crate) caching: bool,
    /// Index and number of its loop's instances: 0 and 1 without a loop.
    pub(crate) index: (usize, usize),
}

impl StagePlace {
    /// Whether the stage is one of CI.
    pub(crate) fn is_ci(&self) -> bool {
        self.kind == CI
    }
}

/// The type of the stages that build.
pub(crate) const CI: &str = "CI";

/// The step within the stage.
#[derive(Debug, Clone)]
pub(crate) struct StepPlace {
    pub(crate) id: String,
    pub(crate) path: StepPath,
    /// The nearest step group's identifier.
    pub(crate) group: Option<String>,
    /// Index and number of its loop's instances: 0 and 1 without a loop.
    pub(crate) index: (usize, usize),
    /// Its number in the stage, from 1.
    pub(crate) number: usize,
}
