//! The names in the expressions of a stage.

use std::sync::Arc;

use cirun_expressions::Value;
use cirun_parser::model::{CiStage, ExecutionNode, Stage};
use indexmap::IndexMap;

use super::clones;
use crate::{
    lower::build_and_push::plugins::plugin_without_digest,
    place::StagePlace,
    scope::{
        Ctx, Entry, Names, StepIds,
        run_values::{execution, of_run},
        variables,
    },
};

/// The names of a stage.
pub(super) fn names(
    ctx: &Ctx<'_>,
    stage: &Stage,
    spec: &CiStage,
    place: &StagePlace,
    nodes: [&[ExecutionNode]; 2],
) -> Arc<Names> {
    let ids = Arc::new(StepIds::of(nodes, &|step| plugin_without_digest(&step.spec, place.infrastructure.profile())));
    let steps = || Entry::Steps(Arc::clone(&ids));
    let text = |text: &str| Entry::value(Value::String(text.to_owned()));
    let mut entries = IndexMap::new();
    entries.insert("steps".to_owned(), steps());
    entries.insert("execution".to_owned(), execution(steps()));
    entries.insert("strategy".to_owned(), Entry::tree([("node", Entry::Pending)]));
    let known = [
        ("identifier", text(&place.id)),
        ("name", text(&place.name)),
        ("type", text(&place.kind)),
        ("variables", Entry::Tree(variables::entries(ctx, &stage.variables))),
        ("spec", Entry::tree([("execution", execution(steps()))])),
    ];
    // `DRONE_FAILED_STEPS` comes from `failedSteps`.
    let of_run = of_run().chain([("failedSteps", Entry::Pending)]);
    entries.insert("stage".to_owned(), Entry::tree(known.into_iter().chain(of_run)));
    if !clones(ctx, spec) {
        // In the service the codebase comes from the step that clones it (expressions.codebase).
        entries.insert("codebase".to_owned(), Entry::Hidden);
    }
    Names::within(&ctx.names, entries)
}
