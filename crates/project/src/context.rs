//! What compiling needs from outside: the environment, the person and the machine.

use cirun_diagnostics::Failure;
use cirun_parser::model::{Connector, Pipeline};
use cirun_planner::{AwsInputs, DelegateIdentity, MachineDaemon, RunFacts};
use indexmap::IndexMap;

use crate::{Dialogue, Environment, Paths, PlanRequest, settings::Settings};

/// The environment, the person and the machine that a pipeline is compiled for.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The environment variables, and the directory that relative paths start from.
    pub environment: &'a Environment,
    /// cirun's own directories.
    pub paths: &'a Paths,
    /// Who reads notes and answers questions. `'static`, as a program has one terminal.
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

    /// Whether plugins may push through the machine's daemon, as CI does on VMs, without images leaving the machine.
    fn daemon(&self, settings: &Settings) -> MachineDaemon;
}

/// The facts that decide who signs in to AWS.
#[derive(Debug, Clone, Copy)]
pub struct AwsQuestion<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The person's request.
    pub request: &'a PlanRequest,
    /// The pipeline, with its templates and inputs filled in.
    pub pipeline: &'a Pipeline,
    /// The connectors, by reference.
    pub connectors: &'a IndexMap<String, Connector>,
    /// The run's time and identifiers.
    pub facts: &'a RunFacts,
    /// The developer's own identity, on real AWS.
    pub delegate: Option<&'a DelegateIdentity>,
    /// Whether the plan is for a run: only then may programs be started.
    pub running: bool,
}
