//! Stages that are not part of the plan.

use cirun_plan::StageId;

/// A stage that is not run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The stage.
    pub stage: StageId,
    /// The reason, as text to print.
    pub why: String,
}
