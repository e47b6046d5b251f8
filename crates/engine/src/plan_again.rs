//! A stage that is planned again as it begins.

use std::sync::Arc;

use cirun_plan::{PlannedStage, Secret, StageId, StaticScope};

use crate::EventKind;

/// Plans a stage as it begins, from what the stages before it have left.
pub type PlanAgain = dyn Fn(&StageId, Arc<dyn StaticScope>) -> PlannedAgain + Send + Sync;

/// Why a stage cannot run, as text to print.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CannotPlan(pub String);

/// What came of it.
#[derive(Debug)]
pub struct PlannedAgain {
    /// Every secret of the new plan: they are masked before anything is said of the stage.
    pub secrets: Vec<Secret>,
    /// What was found only now; not masked.
    pub findings: Vec<EventKind>,
    /// The stage's instances, or why it cannot run.
    pub stages: Result<Vec<PlannedStage>, CannotPlan>,
}
