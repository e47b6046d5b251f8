//! Makes a plan from a pipeline and its inputs.

mod codebase_facts;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cirun_diagnostics::{Diagnostic, Severity, Span, codes::plan as codes, nearest};
use cirun_expressions::Value;
use cirun_parser::model::{ExecutionNode, Pipeline, Stage, StageSpec};
use cirun_plan::{Cause, Plan, StageRow, Text as PlanText, Traced};
use indexmap::IndexMap;

use crate::{
    env::{codebase, stage::build_link},
    flow::{
        gates::{Gate, Gates},
        selection,
    },
    inputs::{AwsMode, Inputs, PushMode},
    notes::{Idle, LeftOut, Noted, Notes},
    scope::{
        Ctx, Entry, GlobalScope, Names, StepIds, given,
        run_values::{execution, of_run},
        variables,
    },
    stage,
    stage::PipelineFacts,
    targets::{Emulated, RegistryTarget, StoreTarget, gateway_hosts, store_hosts},
};

/// A plan, with the other results of planning.
#[derive(Debug)]
pub struct Planned {
    /// The plan, as complete as possible.
    pub plan: Plan,
    /// Errors and other findings; with an error among them the plan must not run.
    pub diagnostics: Vec<Diagnostic>,
    /// What differs from CI.
    pub parity: Vec<Diagnostic>,
    /// The registries and repositories that steps push to.
    pub targets: Vec<RegistryTarget>,
    /// The stores that steps use for files.
    pub stores: Vec<StoreTarget>,
    /// The places of the stages and steps that are known not to run.
    pub idle: Vec<Span>,
    /// The connectors that are in no file and have a substitute.
    pub assumed_connectors: Vec<String>,
    /// The chosen stages as they are written, for a person.
    pub rows: Vec<StageRow>,
    /// The stages that do not run here.
    pub left_out: Vec<LeftOut>,
    /// The approval stages that no one has approved, with the stages that wait for them.
    pub gates: Vec<Gate>,
    /// The AWS host names that an emulator must answer for.
    pub gateway_hosts: Vec<String>,
}

impl Planned {
    /// Whether there is an error, so that the plan must not run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Plans the pipeline's CI stages.
pub fn plan(pipeline: &Pipeline, inputs: &Inputs<'_>) -> Planned {
    let notes = Notes::default();
    match codebase_facts::facts(inputs, pipeline) {
        Some((codebase, other)) => {
            other.into_iter().for_each(|other| notes.report(other));
            of_codebase(pipeline, &Inputs { codebase, ..inputs.clone() }, notes)
        }
        None => of_codebase(pipeline, inputs, notes),
    }
}

/// Plans with the facts of the codebase in CI.
fn of_codebase(pipeline: &Pipeline, inputs: &Inputs<'_>, notes: Notes) -> Planned {
    let ctx = Ctx { inputs, notes: &notes, names: names(pipeline, inputs, &notes) };
    let mut facts = PipelineFacts {
        pipeline,
        id: pipeline.identifier.as_ref().map_or_else(|| "pipeline".to_owned(), |id| id.value.clone()),
        org: text(&ctx, pipeline.org.as_ref(), &inputs.run.org),
        project: text(&ctx, pipeline.project.as_ref(), &inputs.run.project),
        variables: variables::environment(&ctx, &pipeline.variables, true),
        pushed: Vec::new(),
        decided: IndexMap::new(),
    };
    let (mut planned, mut unselected, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    let selected = selected(&ctx, pipeline);
    let mut gates = Gates::default();
    for node in &pipeline.stages {
        let stages = node.stages();
        let mut of_node = Vec::new();
        for stage in &stages {
            let stage = *stage;
            if !selected.iter().any(|other| std::ptr::eq(*other, stage)) {
                unselected.push(stage.span);
                // A stage that is left out has no diagnostics; but its secrets are masked.
                let aside = Notes::default();
                let names = Names::within(&ctx.names, facts.names());
                stage::decide(&Ctx { inputs, notes: &aside, names }, &mut facts, stage);
                aside.into_parts(&Idle::default()).secrets.iter().for_each(|secret| notes.secret(secret));
                continue;
            }
            let from = planned.len();
            drop(notes.earlier().take_undecided());
            match &stage.spec {
                StageSpec::Ci(spec) if facts.decided.is_empty() => {
                    planned.extend(stage::lower(&ctx, &mut facts, stage, spec));
                }
                StageSpec::Ci(spec) => {
                    let ctx = ctx.with_names(Names::within(&ctx.names, facts.names()));
                    planned.extend(stage::lower(&ctx, &mut facts, stage, spec));
                }
                StageSpec::Other { kind, execution } => {
                    let ctx = ctx.with_names(Names::within(&ctx.names, facts.names()));
                    planned.extend(stage::lower_other(&ctx, &mut facts, stage, kind, execution));
                }
                // Whoever put templates in their places has reported the one that is missing here.
                StageSpec::Template => {}
            }
            selection::keep_instances(&ctx, &stage.identifier, &mut planned, from);
            if planned.len() > from {
                notes.earlier().planned(&stage.identifier.value);
            }
            of_node.extend(row(&stage.identifier.value, planned.len() > from, &notes));
            gates.close(&mut planned[from..], inputs.approved);
        }
        notes.earlier().end();
        if of_node.len() > 1 {
            of_node = vec![StageRow::Parallel(of_node)];
        }
        rows.append(&mut of_node);
        let chosen = stages.iter().filter(|stage| selected.iter().any(|other| std::ptr::eq(*other, **stage)));
        chosen.for_each(|stage| gates.pass(&ctx, stage));
    }
    selection::apply(&ctx, &mut planned);
    let plan_id = facts.id;
    let emulated = Emulated { aws: inputs.aws.mode == AwsMode::Emulated, registries: inputs.push == PushMode::Local };
    let Noted { diagnostics, secrets, targets, stores, assumed_connectors, left_out, mut idle } =
        notes.into_parts(&Idle::of(&planned));
    idle.extend(unselected);
    let mut hosts = gateway_hosts(&targets, emulated);
    hosts.extend(store_hosts(&stores).filter(|host| !hosts.contains(host)).collect::<Vec<_>>());
    let (parity, diagnostics) = diagnostics.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Parity);
    Planned {
        plan: Plan { pipeline: plan_id, stages: planned, secrets },
        diagnostics,
        parity,
        gateway_hosts: hosts,
        targets,
        rows,
        left_out,
        gates: gates.closed(),
        stores,
        idle,
        assumed_connectors: assumed_connectors.into_iter().collect(),
    }
}

/// What is shown of a stage: nothing where it is missing for another reason than that it is left out.
fn row(id: &str, is_planned: bool, notes: &Notes) -> Option<StageRow> {
    if is_planned {
        return Some(StageRow::Planned(id.to_owned()));
    }
    notes.why_left_out(id).map(|why| StageRow::LeftOut { stage: id.to_owned(), why })
}

fn text(ctx: &Ctx<'_>, field: Option<&cirun_parser::Text>, fallback: &str) -> String {
    ctx.given_text(field).map_or_else(|| fallback.to_owned(), |text| text.value.shown())
}

/// The stages that `--stage` names, or all of them; unknown names are reported.
fn selected<'p>(ctx: &Ctx<'_>, pipeline: &'p Pipeline) -> Vec<&'p Stage> {
    let wanted = &ctx.inputs.selection.stages;
    let known = stage::ids(pipeline);
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

/// The outermost names: the pipeline's, the codebase's, the run's.
fn names(pipeline: &Pipeline, inputs: &Inputs<'_>, notes: &Notes) -> Arc<Names> {
    let global = || GlobalScope {
        secrets: Arc::clone(&inputs.secrets),
        now_ms: inputs.run.now_ms,
        overrides: overrides(pipeline, inputs),
        so_far: inputs.so_far.clone(),
    };
    let bare = Ctx { inputs, notes, names: Names::root(global(), IndexMap::new()) };
    let run = |what: &str| Entry::text(what, Cause::Service { rule: "expressions.run-values" });
    let yaml = |field: Option<&cirun_parser::Text>, fallback: &str| run(&text(&bare, field, fallback));
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
    let scope = |id: &str, field: Option<&cirun_parser::Text>| {
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
