//! A compiled pipeline: the plan and all that it was made from.

use std::{path::PathBuf, sync::Arc};

use cirun_diagnostics::{Diagnostic, Failure, Severity, Sources};
use cirun_parser::model::Pipeline;
use cirun_plan::{Plan, Secret, StaticScope};
use cirun_planner::{Inputs, Planned};

use crate::{Paths, RepositoryTrust, settings::Settings};

/// A planned pipeline and all that was decided about it. It may have errors: [`Compiled::errors`] counts them.
#[derive(Debug)]
pub struct Compiled {
    /// The texts of all documents, for excerpts.
    pub sources: Sources,
    /// The pipeline, with its templates and inputs filled in.
    pub pipeline: Pipeline,
    /// The plan, and the pushes, stores and gateway hosts that follow from it.
    pub planned: Planned,
    /// The diagnostics of the documents, the inputs and the plan, in that order.
    pub diagnostics: Vec<Diagnostic>,
    /// The settings.
    pub settings: Settings,
    /// The pipeline's file.
    pub file: PathBuf,
    /// The absolute path of the directory that steps see as `/harness`.
    pub workspace: PathBuf,
    /// The directory of the repository, or else the workspace. It identifies the project's caches.
    pub project: PathBuf,
    /// What the repository is trusted with.
    pub repository_trust: RepositoryTrust,
    /// cirun's own directories.
    pub paths: Paths,
    /// The token of the pod's service account, if AWS is emulated.
    pub pod_token: Option<Secret>,
    /// The name of the identity that takes the delegate's place on real AWS.
    pub identity: Option<String>,
    /// The person's answers to missing inputs: path and value.
    pub answers: Vec<(String, String)>,
    /// Whether the plan is for a run, and not only shown.
    pub running: bool,
    /// The planner's inputs, without the sources.
    pub(crate) inputs: Box<Inputs<'static>>,
}

/// The diagnostics of documents that have no usable pipeline.
#[derive(Debug)]
pub struct Findings {
    /// The pipeline's file.
    pub file: PathBuf,
    /// The texts of all documents, for excerpts.
    pub sources: Sources,
    /// The diagnostics, in the order in which they were found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why there is no compiled pipeline.
#[derive(Debug)]
pub enum CompileError {
    /// The documents have no usable pipeline; the findings say why.
    NoPipeline(Box<Findings>),
    /// Something that the pipeline needs is missing.
    Failure(Failure),
}

impl From<Failure> for CompileError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Plans the pipeline again during a run, when earlier stages have decided more of it.
#[derive(Debug, Clone)]
pub struct Replanner {
    /// The texts of all documents, for excerpts.
    pub sources: Sources,
    pipeline: Pipeline,
    inputs: Box<Inputs<'static>>,
}

impl Compiled {
    /// The number of diagnostics that are errors.
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error).count()
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.planned.plan
    }

    /// Copies what is needed to plan the same pipeline again during its run.
    pub fn replanner(&self) -> Replanner {
        let Self { sources, pipeline, inputs, .. } = self;
        Replanner { sources: sources.clone(), pipeline: pipeline.clone(), inputs: inputs.clone() }
    }
}

impl Replanner {
    /// Plans the pipeline with `so_far`, the outcomes and outputs of the stages that have ended.
    pub fn plan(&self, so_far: Arc<dyn StaticScope>) -> Planned {
        let inputs = Inputs { sources: &self.sources, so_far: Some(so_far), ..(*self.inputs).clone() };
        cirun_planner::plan(&self.pipeline, &inputs)
    }
}
