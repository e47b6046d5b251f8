//! Steps that only wait, and steps that are shown but do not run.

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::model::{OtherSpec, WaitSpec};
use cirun_plan::{Action, Cause, Origin, Traced};

use super::{Lowered, StepCtx};
use crate::flow;

/// Lowers a Wait step.
pub(crate) fn wait(at: &StepCtx<'_>, spec: &WaitSpec) -> Lowered {
    match &spec.duration {
        Some(field) => {
            let duration = flow::traced_duration(&at.ctx, field).unwrap_or_else(|| {
                Traced::new(std::time::Duration::ZERO, Origin::new(Cause::Default { rule: "documents.durations" }))
            });
            Lowered::foreground(Action::Wait(duration))
        }
        None => {
            at.ctx.notes.report(
                codes::MISSING_REQUIRED_INPUT
                    .says(format!("`Wait` step `{}` needs `duration`", at.place.id))
                    .at(at.step.identifier.span, "it has none (documents.wait)")
                    .help("set `duration`, such as `30s`"),
            );
            Lowered::impossible("it has no duration")
        }
    }
}

/// A known step type without a local counterpart.
pub(crate) fn skipped(at: &StepCtx<'_>, spec: &OtherSpec) -> Lowered {
    if at.stage.is_ci() {
        return not_here(at, spec.why);
    }
    not_here(at, &format!("`{}` steps are not run locally", at.step.kind.value))
}

/// A step in a stage where steps do not run.
pub(crate) fn not_here(at: &StepCtx<'_>, why: &str) -> Lowered {
    let who = if at.stage.is_ci() { "CI runs this step" } else { "Harness runs this step" };
    at.ctx
        .notes
        .report(codes::STEP_NOT_RUN.says(format!("`{}` is skipped: {why}", at.place.id)).at(at.step.kind.span, who));
    Lowered::impossible(why)
}

/// A template reference that was not replaced.
pub(crate) fn template(at: &StepCtx<'_>) -> Lowered {
    let name = at.step.template.as_ref().map_or("a template", |template| template.template_ref.value.as_str());
    Lowered::impossible(&format!("its template `{name}` was not found"))
}
