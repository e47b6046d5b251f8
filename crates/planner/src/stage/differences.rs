//! What is reported of a whole stage: inputs without an effect, and differences between CI and cirun.

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::model::{CiStage, Stage};
use cirun_plan::Profile;

use crate::{place::StagePlace, scope::Ctx};

/// Reports `registries` of a stage whose pod does not read them.
pub(super) fn report_registries(ctx: &Ctx<'_>, spec: &CiStage, place: &StagePlace) {
    if let Some(first) = spec.registries.first()
        && place.infrastructure.profile() == Profile::Kubernetes
    {
        ctx.notes.report(
            codes::IGNORED_INPUT
                .says(format!("`registries` has no effect on {}", place.infrastructure.name()))
                .at(first.span, "only machines read it (images.registries)")
                .help("give the steps a `connectorRef`"),
        );
    }
}

/// Reports differences between CI and cirun for such a stage.
pub(super) fn report_differences(ctx: &Ctx<'_>, stage: &Stage, place: &StagePlace) {
    if place.caching {
        ctx.notes.report(
            codes::CACHE_INTELLIGENCE
                .says(format!("the cache steps of stage `{}` do not run", place.id))
                .at(stage.identifier.span, "CI restores a cache first and saves it last (clone.caches-order)"),
        );
    }
    if let Some(why) = place.platform.not_here(&ctx.inputs.run.os) {
        ctx.notes.report(
            codes::PLATFORM_NOT_HERE
                .says(format!("the stage `{}` is not run: {why}", place.id))
                .at(stage.identifier.span, "its steps are planned, and shown as skipped")
                .help("run it in CI, or on a machine of that platform"),
        );
    }
    report_other_processor(ctx, place);
}

/// Reports a stage for another processor: cirun uses images for the machine's own.
fn report_other_processor(ctx: &Ctx<'_>, place: &StagePlace) {
    let here = &ctx.inputs.run.arch;
    let Some(arch) = place.platform.arch.as_ref().filter(|arch| arch.value != *here) else { return };
    ctx.notes.report(
        codes::OTHER_PROCESSOR
            .says(format!("the stage `{}` is for {}, but its images run as {here}", place.id, arch.value))
            .at(arch.span, "CI has machines with this processor")
            .help(format!(
                "`--platform linux/{}` runs images for that processor, if the engine emulates it",
                arch.value
            )),
    );
}
