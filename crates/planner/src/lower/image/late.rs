//! Images that only a running step can name: a pod is created before any of its steps runs (images.late).

use cirun_diagnostics::Span;
use cirun_plan::{Profile, Text as PlanText};

use crate::lower::StepCtx;

/// Reports an image of a pod that depends on a step of the same stage.
pub(super) fn report(at: &StepCtx<'_>, image: &PlanText, span: Span) {
    let PlanText::Deferred(pieces) = image else { return };
    // The pod of a containerised group is created when the group begins, after earlier steps have run.
    if at.profile() == Profile::Kubernetes
        && !at.stage.containerised
        && waits_for_this_stage(&pieces.shown(), &at.stage.id)
    {
        at.ctx.deferred_too_late("the image of a pod", pieces, span);
    }
}

/// Whether a text depends on more than earlier stages.
fn waits_for_this_stage(text: &str, stage: &str) -> bool {
    let of_earlier_stage = |expression: &str| {
        let names = expression.trim_start().strip_prefix("pipeline.stages.");
        names.and_then(|names| names.split(['.', '>', '[']).next()).is_some_and(|id| id != stage)
    };
    text.split("<+").skip(1).any(|expression| !expression.trim_start().is_empty() && !of_earlier_stage(expression))
}

#[cfg(test)]
mod tests {
    use super::waits_for_this_stage;

    #[test]
    fn images_by_what_they_wait_for() {
        for (image, waits) in [
            ("redis:<+steps.tag.output.outputVariables.TAG>", true),
            ("redis:<+execution.steps.tag.output.outputVariables.TAG>", true),
            ("redis:<+pipeline.stages.build.spec.execution.steps.tag.output.outputVariables.TAG>", true),
            ("redis:<+pipeline.stages.test.spec.execution.steps.tag.output.outputVariables.TAG>", false),
            ("<+pipeline.stages.a.status>/x:<+pipeline.stages[\"b\"].status>", true),
            ("<+pipeline.stages.a.spec.x>:<+steps.tag.output.outputVariables.TAG>", true),
        ] {
            assert_eq!(waits_for_this_stage(image, "build"), waits, "{image}");
        }
    }
}
