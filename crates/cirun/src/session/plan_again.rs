//! Plans a stage again as it begins, for what the stages before it decide.

use std::sync::Arc;

use cirun_diagnostics::Severity;
use cirun_engine::PlanAgain;
use cirun_planner::Inputs;

use super::Session;
use crate::command::local::guard;

impl Session {
    /// How the engine plans such a stage; none where all is decided.
    pub(crate) fn plan_again(&self) -> Option<Arc<PlanAgain>> {
        if self.plan().stages.iter().all(|stage| stage.undecided.is_empty()) {
            return None;
        }
        let (sources, pipeline) = (self.sources.clone(), self.pipeline.clone());
        let (inputs, settings) = (self.inputs.clone(), self.settings.clone());
        Some(Arc::new(move |stage, so_far| {
            let inputs = Inputs { sources: &sources, so_far: Some(so_far), ..(*inputs).clone() };
            let planned = cirun_planner::plan(&pipeline, &inputs);
            if let Some(error) = planned.diagnostics.iter().find(|found| found.severity == Severity::Error) {
                let place = error.labels.first().map(|label| cirun_diagnostics::location(label.span, &sources));
                let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
                return Err(format!("{}{place}", error.message));
            }
            guard::check(&settings, &planned.targets).map_err(|error| error.message().to_owned())?;
            let is_meant =
                |found: &cirun_plan::PlannedStage| found.id == *stage || found.looped.as_ref() == Some(stage);
            Ok(planned.plan.stages.into_iter().filter(is_meant).collect())
        }))
    }
}
