//! A pipeline with everything that was decided about it.

use std::{path::PathBuf, sync::Arc};

use cirun_diagnostics::{Diagnostic, Failure, Severity, Sources};
use cirun_parser::model::Pipeline;
use cirun_plan::{Plan, Secret, StaticScope};
use cirun_planner::{Inputs, Planned};

use crate::{Paths, Standing, settings::Settings};

/// A pipeline, planned, with everything that was decided on the way. It may have errors, so that all of them can be shown.
#[derive(Debug)]
pub struct Compiled {
    /// The texts.
    pub sources: Sources,
    /// The pipeline, as it was written.
    pub pipeline: Pipeline,
    /// The plan and what belongs to it.
    pub planned: Planned,
    /// The findings of documents, inputs and plan, in that order.
    pub diagnostics: Vec<Diagnostic>,
    /// The settings.
    pub settings: Settings,
    /// The pipeline's file.
    pub file: PathBuf,
    /// The directory that is mounted at the workspace's path, absolute.
    pub workspace: PathBuf,
    /// The repository's directory, or the workspace's: the key of its caches.
    pub project: PathBuf,
    /// How the repository is trusted.
    pub standing: Standing,
    /// cirun's own directories.
    pub paths: Paths,
    /// The token of the pod's service account, if AWS is emulated.
    pub pod_token: Option<Secret>,
    /// Whose identity is the delegate's on real AWS.
    pub identity: Option<String>,
    /// What a person answered to missing inputs, by path.
    pub answers: Vec<(String, String)>,
    /// Whether the plan is to run.
    pub running: bool,
    /// What it was planned with, without the texts.
    pub(crate) inputs: Box<Inputs<'static>>,
}

/// What was found in a pipeline that may have no plan.
#[derive(Debug)]
pub struct Findings {
    /// The pipeline's file.
    pub file: PathBuf,
    /// The texts.
    pub sources: Sources,
    /// The findings of documents, inputs and plan, in that order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why there is no compiled pipeline.
#[derive(Debug)]
pub enum CompileError {
    /// No pipeline is left to plan; the findings say why.
    NoPipeline(Box<Findings>),
    /// Something that the pipeline needs is missing.
    Failure(Failure),
}

impl From<Failure> for CompileError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Plans a pipeline again with the outputs of earlier stages.
#[derive(Debug, Clone)]
pub struct Replanner {
    /// The texts.
    pub sources: Sources,
    pipeline: Pipeline,
    inputs: Box<Inputs<'static>>,
}

impl Compiled {
    /// How many findings are errors.
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error).count()
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.planned.plan
    }

    /// What plans the same pipeline again while it runs.
    pub fn replanner(&self) -> Replanner {
        let Self { sources, pipeline, inputs, .. } = self;
        Replanner { sources: sources.clone(), pipeline: pipeline.clone(), inputs: inputs.clone() }
    }
}

impl Replanner {
    /// The plan that follows from what is known by now.
    pub fn plan(&self, so_far: Arc<dyn StaticScope>) -> Planned {
        let inputs = Inputs { sources: &self.sources, so_far: Some(so_far), ..(*self.inputs).clone() };
        cirun_planner::plan(&self.pipeline, &inputs)
    }
}
