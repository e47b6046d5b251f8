//! The person's request: what to plan, and with which values.

use std::path::PathBuf;

use crate::{secrets::GivenSecret, settings::Values};

/// Which part of which pipeline to plan, and the values for it.
#[derive(Debug, Clone, Default)]
pub struct PlanRequest {
    /// The pipeline's file; by default the only pipeline of the repository.
    pub file: Option<PathBuf>,
    /// The identifiers of the stages to run; all stages if empty.
    pub stages: Vec<String>,
    /// The steps to run, along with the services of their stages; all steps if empty.
    pub steps: Vec<String>,
    /// The first step to run.
    pub from: Option<String>,
    /// The last step to run.
    pub until: Option<String>,
    /// Treat approval stages as approved.
    pub approve: bool,
    /// Files with input sets, overlays or triggers; later ones win.
    pub input_sets: Vec<PathBuf>,
    /// Runtime inputs: path in the pipeline, and value.
    pub inputs: Vec<(String, String)>,
    /// Pipeline and stage variables: name and value.
    pub vars: Vec<(String, String)>,
    /// Ask no questions.
    pub no_input: bool,
    /// The secrets of `--secret`.
    pub secrets: Vec<GivenSecret>,
    /// Environment variables for every step.
    pub env: Vec<(String, String)>,
    /// What to build: `branch`, `tag`, `pr` or `commit`, and its value.
    pub codebase: Vec<(String, String)>,
    /// The file with the OIDC token for real AWS.
    pub oidc_token_file: Option<PathBuf>,
    /// Add nothing that CI does not send.
    pub strict_parity: bool,
    /// Trust the repository for this run.
    pub trust: bool,
    /// Ask for consent. If not set, only remembered consent counts.
    pub asks_consent: bool,
    /// The settings of the command line.
    pub flags: Values,
}
