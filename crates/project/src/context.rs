//! What compiling needs to know of the machine and of the person in front of it.

use cirun_diagnostics::Failure;
use cirun_parser::model::{Connector, Pipeline};
use cirun_planner::{AwsInputs, DelegateIdentity, MachineDaemon, RunFacts};
use indexmap::IndexMap;

use crate::{Dialogue, Environment, Paths, PlanRequest, settings::Settings};

/// Who and what a pipeline is compiled for.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The environment, and the directory that relative paths begin at.
    pub environment: &'a Environment,
    /// cirun's own directories.
    pub paths: &'a Paths,
    /// Who reads notes and answers questions; a program has one terminal.
    pub person: &'static dyn Dialogue,
    /// The machine that would run the plan.
    pub machine: &'a dyn Machine,
}

/// What a plan needs to know of the machine that would run it.
pub trait Machine: Send + Sync {
    /// Decides who signs in to AWS, and with what.
    ///
    /// # Errors
    /// A token cannot be read or made.
    fn aws(&self, question: AwsQuestion<'_>) -> Result<AwsInputs, Failure>;

    /// Whether plugins may push through the daemon of this machine, as CI does on VMs, and images stay here all the same.
    fn daemon(&self, settings: &Settings) -> MachineDaemon;
}

/// What decides who signs in to AWS.
#[derive(Debug, Clone, Copy)]
pub struct AwsQuestion<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// What is to be planned.
    pub request: &'a PlanRequest,
    /// The pipeline, as it was written.
    pub pipeline: &'a Pipeline,
    /// The connectors by their references.
    pub connectors: &'a IndexMap<String, Connector>,
    /// The run's time and names.
    pub facts: &'a RunFacts,
    /// The developer's own identity, on real AWS.
    pub delegate: Option<&'a DelegateIdentity>,
    /// The plan is to run: programs may be started for it.
    pub running: bool,
}
