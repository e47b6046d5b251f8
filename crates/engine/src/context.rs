//! What all stages of a run share, and why a run stops.

use std::sync::Arc;

use cirun_plan::StepPath;

use crate::{Cancellation, Config, Outcome, RunError, emit::Emitter};

/// The state that all stages of a run share.
pub(crate) struct Context<B> {
    pub(crate) backend: Arc<B>,
    pub(crate) config: Config,
    pub(crate) emitter: Emitter,
    pub(crate) cancel: Cancellation,
}

impl<B> Context<B> {
    /// Returns when a user asks for the run to end.
    pub(crate) async fn cancelled(&self) {
        tokio::select! {
            biased;
            () = self.cancel.first.cancelled() => {}
            () = self.cancel.second.cancelled() => {}
        }
    }

    /// Whether a user asked for it.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.first.is_cancelled() || self.cancel.second.is_cancelled()
    }
}

/// The error that ended a run.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) error: RunError,
    /// The step whose end reports it.
    pub(crate) told_by: Option<StepPath>,
}

/// Why no further step starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// A user requested it.
    Cancelled,
    /// A step's failure strategy aborted the run.
    Aborted { step: StepPath },
    /// A step's failure strategy ended the stage.
    RolledBack { step: StepPath },
    /// A service ended, and that is not allowed.
    ServiceEnded { service: StepPath },
    /// The run cannot continue; the reason has been reported.
    Broken,
}

impl Halt {
    /// Whether running steps are stopped. A rollback lets them finish.
    pub(crate) fn stops_running_steps(&self) -> bool {
        match self {
            Self::Cancelled | Self::Aborted { .. } | Self::ServiceEnded { .. } | Self::Broken => true,
            Self::RolledBack { .. } => false,
        }
    }

    /// The outcome of steps that have not begun.
    pub(crate) fn for_later_steps(&self) -> (Outcome, String) {
        match self {
            Self::RolledBack { step } => {
                (Outcome::Skipped, format!("the stage was stopped by the failure strategy of `{step}`"))
            }
            Self::ServiceEnded { .. } => (Outcome::Skipped, self.for_running_steps()),
            Self::Cancelled | Self::Aborted { .. } | Self::Broken => (Outcome::Aborted, self.for_running_steps()),
        }
    }

    /// Why a running step was stopped.
    pub(crate) fn for_running_steps(&self) -> String {
        match self {
            Self::Cancelled => "the run was cancelled".to_owned(),
            Self::Aborted { step } | Self::RolledBack { step } => {
                format!("the run was aborted by the failure strategy of `{step}`")
            }
            Self::ServiceEnded { service } => format!("the stage was stopped because its service `{service}` exited"),
            Self::Broken => "the run could not continue".to_owned(),
        }
    }
}
