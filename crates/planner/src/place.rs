//! The current place in the pipeline.

use std::sync::Arc;

use cirun_parser::{Node, model::RegistrySpec};
use cirun_plan::{EnvVars, StepPath};

use crate::infrastructure::{Infrastructure, platform::Platform};

/// The stage.
#[derive(Debug, Clone)]
pub(crate) struct StagePlace {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Its type: `CI`, or another type with containerised step groups.
    pub(crate) kind: String,
    pub(crate) infrastructure: Infrastructure,
    pub(crate) platform: Platform,
    /// Whether this is a containerised step group in the stage: its steps belong to the group, not to the stage.
    pub(crate) containerised: bool,
    pub(crate) pipeline: String,
    pub(crate) org: String,
    pub(crate) project: String,
    /// `hostNames` of the infrastructure: they resolve to the pod itself.
    pub(crate) host_names: Vec<String>,
    /// `registries`: the connectors that pull images.
    pub(crate) registries: Arc<[RegistrySpec]>,
    /// The variables of the connector that clones the codebase.
    pub(crate) clone_login: Arc<EnvVars>,
    /// The volumes of its pod, as written.
    pub(crate) volumes: Option<Node>,
    /// `caching.enabled`.
    pub(crate) caching: bool,
    /// Index and number of instances of its loop: 0 and 1 without a loop.
    pub(crate) index: (usize, usize),
}

impl StagePlace {
    /// Whether this is a CI stage.
    pub(crate) fn is_ci(&self) -> bool {
        self.kind == CI
    }
}

/// The type of CI stages.
pub(crate) const CI: &str = "CI";

/// The step within the stage.
#[derive(Debug, Clone)]
pub(crate) struct StepPlace {
    pub(crate) id: String,
    pub(crate) path: StepPath,
    /// The nearest step group's identifier.
    pub(crate) group: Option<String>,
    /// Index and number of instances of its loop: 0 and 1 without a loop.
    pub(crate) index: (usize, usize),
    /// Its number in the stage, from 1.
    pub(crate) number: usize,
}
