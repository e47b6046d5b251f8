//! Plans a stage again as it begins, if earlier stages decide a part of it.

use std::sync::Arc;

use cirun_diagnostics::{Diagnostic, Failure, Severity, location};
use cirun_engine::{CannotPlan, EventKind, PlanAgain, PlannedAgain};
use cirun_plan::{PlannedStage, StageId};
use cirun_planner::Planned;
use cirun_project::Compiled;

/// Refuses what the run was not set up for. Gets the stage's outline, the new plan and the stage's instances in it.
pub(crate) type Demands = dyn Fn(&PlannedStage, &Planned, &[PlannedStage]) -> Result<(), Failure> + Send + Sync;

/// The function by which the engine plans such stages again. `None` if there are none.
pub(crate) fn plan_again(compiled: &Compiled, demands: Box<Demands>) -> Option<Arc<PlanAgain>> {
    let late = compiled.plan().stages.iter().filter(|stage| !stage.undecided.is_empty());
    let outlines: Vec<PlannedStage> = late.cloned().collect();
    if outlines.is_empty() {
        return None;
    }
    let replanner = compiled.replanner();
    let known: Vec<Diagnostic> = compiled.planned.diagnostics.iter().chain(&compiled.planned.parity).cloned().collect();
    Some(Arc::new(move |stage, so_far| {
        let planned = replanner.plan(so_far);
        let place = |found: &Diagnostic| {
            let place = found.labels.first().map(|label| location(label.span, &replanner.sources));
            place.map(|place| format!(" ({place})")).unwrap_or_default()
        };
        let found = planned.diagnostics.iter().chain(&planned.parity).filter(|found| !known.contains(found));
        let found = found.filter(|found| matches!(found.severity, Severity::Warning | Severity::Parity));
        let found = found.map(|found| EventKind::Diagnostic {
            code: found.code.to_owned(),
            severity: found.severity,
            message: format!("{}{}", found.message, place(found)),
            step: None,
        });
        let findings = found.collect();
        let error = planned.diagnostics.iter().find(|found| found.severity == Severity::Error);
        let stages = match error {
            Some(error) => Err(format!("{}{}", error.message, place(error))),
            None => demanded(&outlines, stage, &planned, &*demands),
        };
        PlannedAgain { secrets: planned.plan.secrets, findings, stages: stages.map_err(CannotPlan) }
    }))
}

/// The instances of a stage, if they need nothing that the run was not set up for.
fn demanded(
    outlines: &[PlannedStage],
    stage: &StageId,
    planned: &Planned,
    demands: &Demands,
) -> Result<Vec<PlannedStage>, String> {
    let is_meant = |found: &&PlannedStage| found.id == *stage || found.looped.as_ref() == Some(stage);
    let stages: Vec<PlannedStage> = planned.plan.stages.iter().filter(is_meant).cloned().collect();
    if let Some(outline) = outlines.iter().find(|outline| outline.id == *stage) {
        demands(outline, planned, &stages).map_err(|error| match error.remedies() {
            [] => error.to_string(),
            remedies => format!("{error}; {}", remedies.join("; ")),
        })?;
    }
    Ok(stages)
}
