//! Stages of which nothing is in the plan.

use cirun_plan::StageId;

/// A stage that is not run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The stage.
    pub stage: StageId,
    /// Why, for a person.
    pub why: String,
}
