//! The result of a run.

use cirun_diagnostics::FailureKind;
use cirun_plan::{StageId, StepPath};

use crate::{BackendError, Outcome};

/// How a run ended.
#[derive(Debug)]
pub struct RunResult {
    /// The combined outcome of the stages; `Failed` if there is an error, `Skipped` if nothing has run.
    pub outcome: Outcome,
    /// The outcome of each stage; `Skipped` where none of its steps has run.
    pub stages: Vec<(StageId, Outcome)>,
    /// Why the run could not continue, other than failed steps.
    pub error: Option<RunError>,
    /// The text of that error with its causes; masked.
    pub error_text: Option<String>,
    /// The step whose end reported that error.
    pub told_by: Option<StepPath>,
    /// The first step of the plan that failed or timed out.
    pub first_failed: Option<StepPath>,
    /// Whether a user ended it.
    pub cancelled: bool,
    /// The number of differences from CI.
    pub differences: usize,
    /// What could not be removed after the last event, as text to print; masked.
    pub left: Vec<String>,
}

/// Why a run could not continue.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The backend could not find out how a step ended.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The receiver of events is gone: a sink failed.
    #[error("the receiver of the run's events is gone")]
    Abandoned,
    /// A bug of cirun: a task panicked.
    #[error("cirun has a bug: a task panicked")]
    Panicked {
        /// The step of the task, if it had one.
        step: Option<StepPath>,
    },
}

impl RunError {
    /// What the exit code depends on.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Backend(error) => error.kind(),
            Self::Abandoned => FailureKind::Engine,
            Self::Panicked { .. } => FailureKind::Bug,
        }
    }
}
