//! What a person asked to be planned.

use std::path::PathBuf;

use crate::{secrets::GivenSecret, settings::Values};

/// A pipeline, which part of it, and the values it is given.
#[derive(Debug, Clone, Default)]
pub struct PlanRequest {
    /// The pipeline's file; without one, the only pipeline of the repository.
    pub file: Option<PathBuf>,
    /// The stages to run, by identifier; all of them if none is named.
    pub stages: Vec<String>,
    /// The steps to run, with the services of their stages.
    pub steps: Vec<String>,
    /// The first step to run.
    pub from: Option<String>,
    /// The last step to run.
    pub until: Option<String>,
    /// Approval stages count as approved.
    pub approve: bool,
    /// Files with input sets, overlays or triggers; later ones win.
    pub input_sets: Vec<PathBuf>,
    /// Runtime inputs by their paths in the pipeline.
    pub inputs: Vec<(String, String)>,
    /// Pipeline and stage variables by name.
    pub vars: Vec<(String, String)>,
    /// No question is asked.
    pub no_input: bool,
    /// Secrets of the command line.
    pub secrets: Vec<GivenSecret>,
    /// Variables of every step.
    pub env: Vec<(String, String)>,
    /// What to build: `branch`, `tag`, `pr` or `commit`, and its value.
    pub codebase: Vec<(String, String)>,
    /// The file with the OIDC token for real AWS.
    pub oidc_token_file: Option<PathBuf>,
    /// Nothing is added that CI does not send.
    pub strict_parity: bool,
    /// The repository is trusted for this run.
    pub trust: bool,
    /// The run asks for consent; without it, only what was allowed before is followed.
    pub asks_consent: bool,
    /// Settings of the command line.
    pub flags: Values,
}
