//! The stages that `--stage` chooses.

use std::collections::BTreeSet;

use cirun_diagnostics::{codes::plan as codes, nearest};
use cirun_parser::model::{Pipeline, Stage};

use crate::{flow::selection, scope::Ctx};

/// The stages that `--stage` names, or all of them; unknown names are reported.
pub(super) fn selected<'p>(ctx: &Ctx<'_>, pipeline: &'p Pipeline) -> Vec<&'p Stage> {
    let wanted = &ctx.inputs.selection.stages;
    let known = ids(pipeline);
    let all: Vec<&Stage> = pipeline.all_stages().collect();
    let of_instance = |id: &str| all.iter().any(|stage| selection::may_be_instance(stage, id));
    for id in wanted.iter().filter(|id| !known.contains(id.as_str()) && !of_instance(id)) {
        let list = known.iter().copied().collect::<Vec<_>>().join(", ");
        let help = match nearest(id, known.iter().copied()) {
            Some(like) => format!("did you mean `{like}`?"),
            None => format!("the stages are {list}"),
        };
        ctx.notes.report(
            codes::UNKNOWN_STAGE.says(format!("no stage `{id}`")).at(pipeline.span, "in this pipeline").help(help),
        );
    }
    let is_wanted = |stage: &&Stage| {
        let named = |id: &String| {
            *id == stage.identifier.value || !known.contains(id.as_str()) && selection::may_be_instance(stage, id)
        };
        wanted.is_empty() || wanted.iter().any(named)
    };
    all.into_iter().filter(is_wanted).collect()
}

fn ids(pipeline: &Pipeline) -> BTreeSet<&str> {
    pipeline.all_stages().map(|stage| stage.identifier.value.as_str()).collect()
}
