//! The outermost names: the pipeline's, the codebase's, the run's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cirun_expressions::Value;
use cirun_parser::{
    Text,
    model::{ExecutionNode, Pipeline, Stage, StageSpec},
};
use cirun_plan::{Cause, Text as PlanText, Traced};
use indexmap::IndexMap;

use crate::{
    env::{codebase, stage::build_link},
    inputs::Inputs,
    notes::Notes,
    scope::{
        Ctx, Entry, GlobalScope, Names, StepIds, given,
        run_values::{execution, of_run},
        variables,
    },
};

/// The outermost names: the pipeline's, the codebase's, the run's.
pub(super) fn names(pipeline: &Pipeline, inputs: &Inputs<'_>, notes: &Notes) -> Arc<Names> {
    let global = || GlobalScope {
        secrets: Arc::clone(&inputs.secrets),
        now_ms: inputs.run.now_ms,
        overrides: overrides(pipeline, inputs),
        so_far: inputs.so_far.clone(),
    };
    let bare = Ctx { inputs, notes, names: Names::root(global(), IndexMap::new()) };
    let run = |what: &str| Entry::text(what, Cause::Service { rule: "expressions.run-values" });
    let yaml = |field: Option<&Text>, fallback: &str| run(&text(&bare, field, fallback));
    let id = pipeline.identifier.as_ref().map_or("pipeline", |id| id.value.as_str());
    let (stages_by_id, looped) = stage_entries(&bare, pipeline);
    let tree = Entry::tree([
        ("identifier", run(id)),
        ("name", yaml(pipeline.name.as_ref(), id)),
        ("variables", Entry::Tree(variables::entries(&bare, &pipeline.variables))),
        ("tags", tags(&bare, pipeline)),
        ("sequenceId", Entry::value(Value::Int(i64::try_from(inputs.run.sequence).unwrap_or(i64::MAX)))),
        ("executionId", run(&inputs.run.id)),
        ("executionUrl", run(&build_link(inputs))),
        ("execution", Entry::tree([("url", run(&build_link(inputs)))])),
        ("startTs", Entry::value(Value::Int(inputs.run.now_ms))),
        ("storeType", run("INLINE")),
        ("branch", inputs.codebase.branch.as_deref().map_or_else(|| Entry::value(Value::Null), run)),
        ("properties", codebase::properties(&inputs.codebase, pipeline)),
        ("triggerType", run("MANUAL")),
        ("triggeredBy", Entry::tree([("name", run(&inputs.run.user)), ("email", run(&inputs.run.user))])),
        ("selectedStages", Entry::value(selected_stages(inputs))),
        ("currentStatus", Entry::Pending),
        ("liveStatus", Entry::Pending),
        ("status", Entry::Pending),
        ("stages", Entry::Stages { stages: stages_by_id.clone(), looped }),
    ]);
    let scope = |id: &str, field: Option<&Text>| {
        let id = text(&bare, field, id);
        Entry::tree([("identifier", run(&id)), ("name", run(&id))])
    };
    let account = &inputs.run.account;
    let mut entries: IndexMap<String, Entry> = [
        ("pipeline", tree),
        ("codebase", codebase::names(&inputs.codebase)),
        ("org", scope(&inputs.run.org, pipeline.org.as_ref())),
        ("project", scope(&inputs.run.project, pipeline.project.as_ref())),
        ("account", Entry::tree([("identifier", run(account)), ("name", run(account)), ("companyName", run(account))])),
        ("env", Entry::Tree(inputs.env.iter().map(|(name, value)| (name.clone(), run(value))).collect())),
        ("OnRollbackModeExecution", Entry::value(Value::Bool(false))),
        ("Always", Entry::value(Value::Bool(true))),
        // A manual run has no trigger: its fields are null, as in the service.
        ("trigger", Entry::value(Value::Null)),
        ("eventPayload", Entry::value(Value::Null)),
    ]
    .into_iter()
    .map(|(name, entry)| (name.to_owned(), entry))
    .collect();
    for status in ["OnStageSuccess", "OnStageFailure", "OnPipelineSuccess", "OnPipelineFailure", "currentStatus"] {
        entries.insert(status.to_owned(), Entry::Pending);
    }
    // A stage is also accessible by its id alone: `<+build.variables.x>`.
    for (id, stage) in stages_by_id {
        entries.entry(id).or_insert(stage);
    }
    Names::root(global(), entries)
}

/// `pipeline.tags.NAME`.
fn tags(ctx: &Ctx<'_>, pipeline: &Pipeline) -> Entry {
    let tags = pipeline.tags.as_ref().map(|tags| ctx.map(tags)).unwrap_or_default();
    let known = |text: Traced<PlanText>| Entry::value(Value::String(text.value.shown()));
    Entry::Tree(tags.into_iter().map(|(name, _, text)| (name, known(text))).collect())
}

fn selected_stages(inputs: &Inputs<'_>) -> Value {
    Value::List(inputs.selection.stages.iter().map(|id| Value::String(id.clone())).collect())
}

/// The value of `pipeline.stages.ID`: variables now, outputs of steps during the run; and the ids of looped stages.
fn stage_entries(ctx: &Ctx<'_>, pipeline: &Pipeline) -> (IndexMap<String, Entry>, BTreeSet<String>) {
    let looped = pipeline.all_stages().filter(|stage| stage.strategy.is_some());
    let looped = looped.map(|stage| stage.identifier.value.clone()).collect();
    let stages = pipeline
        .all_stages()
        .map(|stage| {
            let name = given(stage.name.as_ref())
                .map_or_else(|| stage.identifier.value.clone(), |name| ctx.text(name).value.shown());
            let steps = Entry::Steps(Arc::new(stage_steps(stage)));
            let known = [
                ("identifier", Entry::value(Value::String(stage.identifier.value.clone()))),
                ("name", Entry::value(Value::String(name))),
                ("variables", Entry::Tree(variables::entries(ctx, &stage.variables))),
                ("spec", Entry::tree([("execution", execution(steps))])),
            ];
            (stage.identifier.value.clone(), Entry::tree(known.into_iter().chain(of_run())))
        })
        .collect();
    (stages, looped)
}

fn stage_steps(stage: &Stage) -> StepIds {
    let nodes: &[ExecutionNode] = match &stage.spec {
        StageSpec::Ci(spec) => &spec.execution,
        StageSpec::Other { execution, .. } => execution,
        StageSpec::Template => &[],
    };
    StepIds::of([nodes], &|_| None)
}

/// `--var NAME` for pipeline variables, `--var a.path` for any expression.
fn overrides(pipeline: &Pipeline, inputs: &Inputs<'_>) -> IndexMap<String, String> {
    let variables: BTreeMap<&str, ()> =
        pipeline.variables.iter().map(|variable| (variable.name.value.as_str(), ())).collect();
    inputs
        .vars
        .iter()
        .map(|(name, value)| {
            let path = if variables.contains_key(name.as_str()) || !name.contains('.') {
                format!("pipeline.variables.{name}")
            } else {
                name.clone()
            };
            (path, value.clone())
        })
        .collect()
}

/// The text of a field, or `fallback`.
pub(super) fn text(ctx: &Ctx<'_>, field: Option<&Text>, fallback: &str) -> String {
    ctx.given_text(field).map_or_else(|| fallback.to_owned(), |text| text.value.shown())
}
