//! Answers the questions of planning about this machine.

use cirun_diagnostics::Failure;
use cirun_planner::{AwsInputs, MachineDaemon};
use cirun_project::{AwsQuestion, Context, Dialogue, Environment, Machine, Paths, settings::Settings};

use crate::{aws, daemon};

/// This machine, as its environment describes it. Connects to no engine.
#[derive(Debug, Clone)]
pub struct LocalMachine {
    /// The environment.
    pub environment: Environment,
    /// cirun's own directories.
    pub paths: Paths,
}

impl LocalMachine {
    /// The context to compile a pipeline for this machine.
    pub fn context(&self, person: &'static dyn Dialogue) -> Context<'_> {
        Context { environment: &self.environment, paths: &self.paths, person, machine: self }
    }
}

impl Machine for LocalMachine {
    fn aws(&self, question: AwsQuestion<'_>) -> Result<AwsInputs, Failure> {
        aws::inputs(question, &self.environment, &self.paths.oidc())
    }

    fn daemon(&self, settings: &Settings) -> MachineDaemon {
        daemon::of(settings, &self.environment, &self.paths)
    }
}
