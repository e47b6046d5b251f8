//! What every command begins with: settings, documents, inputs, and the plan made from them.

mod alone;
mod assemble;
mod aws_inputs;
mod documents;
mod locate;
mod plan_again;
mod secret_store;
mod unneeded;

use std::path::PathBuf;

pub(crate) use assemble::{BUILDKIT_FILE, POD_TOKEN_FILE, PRIVATE_DIR, Purpose, TRUST_BUNDLE_FILE};
pub(crate) use aws_inputs::emulated_delegate;
use cirun_diagnostics::{Diagnostic, Failure, Severity, Sources};
use cirun_parser::model::Pipeline;
use cirun_plan::{Plan, Secret};
use cirun_planner::{Inputs, Planned};
use cirun_report::human_count;
pub(crate) use locate::{Located, Standing, find, locate, settings};
pub(crate) use plan_again::Demands;

use crate::{
    args::PlanOptions, consent::Request, diagnostics, environment::Environment, paths::Paths, repository,
    settings::Settings,
};

/// A pipeline, planned, with everything that was decided on the way.
#[derive(Debug)]
pub(crate) struct Session {
    /// The texts.
    pub sources: Sources,
    /// The pipeline, as it was written.
    pub pipeline: Pipeline,
    /// The plan and its neighbours.
    pub planned: Planned,
    /// What documents, inputs and plan gave rise to, in that order.
    pub diagnostics: Vec<Diagnostic>,
    /// The settings.
    pub settings: Settings,
    /// The pipeline's file.
    pub file: PathBuf,
    /// The directory that is mounted at the workspace's path, absolute.
    pub workspace: PathBuf,
    /// The repository's directory, or the workspace's: what its caches are known by.
    pub project: PathBuf,
    /// How the repository is trusted.
    pub standing: Standing,
    /// cirun's own directories.
    pub paths: Paths,
    /// The token of the pod's service account, where AWS is emulated.
    pub pod_token: Option<Secret>,
    /// Who plays the delegate's part on real AWS.
    pub identity: Option<String>,
    /// What a person answered to missing inputs, by path.
    pub answers: Vec<(String, String)>,
    /// Whether the plan is to run, and not only to be looked at.
    pub running: bool,
    /// What was planned with, but for the texts.
    inputs: Box<Inputs<'static>>,
}

/// What was found in a pipeline, planned or not.
#[derive(Debug)]
pub(crate) struct Findings {
    /// The pipeline's file.
    pub file: PathBuf,
    /// The texts.
    pub sources: Sources,
    /// What documents, inputs and plan gave rise to, in that order.
    pub diagnostics: Vec<Diagnostic>,
    /// What a run would ask for, if anything.
    pub asks: Option<String>,
    /// What they were found in: kept, so that nobody waits for its memory to be freed where the process ends anyway.
    pub inspected: Option<Box<(Pipeline, Planned)>>,
}

impl Findings {
    /// Looks for everything that is wrong, in a file that may hold no pipeline at all.
    pub(crate) fn of(file: Option<PathBuf>, plan: &PlanOptions, environment: &Environment) -> Result<Self, Failure> {
        let located = locate(file, plan, None, environment)?;
        match assemble::assemble(located, plan, environment, Purpose::Inspect) {
            Ok(session) => {
                let asks = Request::of(&session).announced(&session);
                let Session { file, sources, diagnostics, pipeline, planned, .. } = session;
                Ok(Self { file, sources, diagnostics, asks, inspected: Some(Box::new((pipeline, planned))) })
            }
            Err(OpenError::NoPipeline(findings)) => Ok(*findings),
            Err(OpenError::Cli(error)) => Err(error),
        }
    }
}

/// Why there is no session.
#[derive(Debug)]
enum OpenError {
    /// No pipeline is left to plan; the diagnostics say why.
    NoPipeline(Box<Findings>),
    /// What the pipeline needs is not there.
    Cli(Failure),
}

impl OpenError {
    /// Prints the diagnostics.
    fn told(self) -> Failure {
        match self {
            Self::NoPipeline(findings) => {
                let Findings { file, sources, diagnostics, asks: _, inspected: _ } = *findings;
                diagnostics::say(&diagnostics, Severity::Note, &sources);
                Failure::input(format!("{} holds no pipeline that can be planned", file.display()))
            }
            Self::Cli(error) => error,
        }
    }
}

impl From<Failure> for OpenError {
    fn from(error: Failure) -> Self {
        Self::Cli(error)
    }
}

impl Session {
    /// Reads and plans; a pipeline with errors still makes a session, so that all of them can be shown.
    pub(crate) fn open(
        located: Located,
        plan: &PlanOptions,
        environment: &Environment,
        purpose: Purpose,
    ) -> Result<Self, Failure> {
        assemble::assemble(located, plan, environment, purpose).map_err(OpenError::told)
    }

    /// Plans to look ahead: nothing is said, asked or started.
    pub(crate) fn preview(located: Located, plan: &PlanOptions, environment: &Environment) -> Option<Self> {
        assemble::assemble(located, plan, environment, Purpose::Show).ok()
    }

    /// Locates and plans for a command that only shows something.
    pub(crate) fn show(
        file: Option<PathBuf>,
        plan: &PlanOptions,
        environment: &Environment,
        purpose: Purpose,
    ) -> Result<Self, Failure> {
        Self::open(locate(file, plan, None, environment)?, plan, environment, purpose)
    }

    /// Prints every diagnostic of at least `least`, and fails if one is an error. Files that were left out are always named.
    pub(crate) fn demand_valid(&self, least: Severity) -> Result<(), Failure> {
        diagnostics::say(&self.diagnostics, least, &self.sources);
        if least > Severity::Warning {
            let left_out = self.diagnostics.iter().filter(|found| repository::is_left_out(found)).cloned();
            diagnostics::say(&left_out.collect::<Vec<_>>(), Severity::Warning, &self.sources);
        }
        let errors = self.errors();
        if errors == 0 {
            return Ok(());
        }
        let consequence = if self.running { "; nothing was started" } else { "" };
        Err(Failure::input(format!("the pipeline has {}{consequence}", human_count(errors, "error"))))
    }

    /// How many diagnostics are errors.
    pub(crate) fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }

    /// The plan.
    pub(crate) fn plan(&self) -> &Plan {
        &self.planned.plan
    }
}
