//! Plans a CI stage, or the instances of a looped one.

mod codebase_clone;
mod differences;
mod names;
mod tree;

use std::sync::Arc;

use cirun_diagnostics::{Spanned, codes::plan as codes};
use cirun_parser::model::{CiStage, ExecutionNode, Pipeline, ServiceDependency, Stage, StageSpec, Step, StepSpec};
use cirun_plan::{PlannedStage, Profile, StageId, Traced};
use differences::{report_differences, report_registries};
use indexmap::IndexMap;
use names::names;
use tree::StageTree;

use crate::{
    connectors::git,
    env::Env,
    flow::{
        self, gates,
        looping::{Expansion, Instance, expand, waiting},
    },
    infrastructure::{
        self, StageInfrastructure, containerised,
        platform::Platform,
        shared_paths,
        volumes::{self, PodOwner},
    },
    lints::{service_addresses, service_conflicts},
    notes::{LeftOut, Owner},
    place::{CI, StagePlace},
    scope::{
        Ctx, Entry, Names, given,
        variables::{self, Variables},
    },
};

/// The state that stages pass on to later ones.
pub(crate) struct PipelineFacts<'p> {
    pub(crate) pipeline: &'p Pipeline,
    pub(crate) id: String,
    pub(crate) org: String,
    pub(crate) project: String,
    pub(crate) variables: Variables,
    pub(crate) pushed: Vec<String>,
    /// The variables of earlier stages with expressions as values, evaluated in their own stage.
    pub(crate) decided: IndexMap<String, IndexMap<String, Entry>>,
}

impl PipelineFacts<'_> {
    /// `pipeline.stages.ID.variables` and `ID.variables` of earlier stages, with those values.
    pub(crate) fn names(&self) -> IndexMap<String, Entry> {
        let stages = self
            .decided
            .iter()
            .map(|(id, variables)| (id.clone(), Entry::tree([("variables", Entry::Tree(variables.clone()))])));
        let stages: IndexMap<String, Entry> = stages.collect();
        let pipeline = Entry::tree([("stages", Entry::Tree(stages.clone()))]);
        stages.into_iter().chain([("pipeline".to_owned(), pipeline)]).collect()
    }
}

/// Plans a CI stage: empty if it cannot be planned, several for a looped one.
pub(crate) fn lower(ctx: &Ctx<'_>, facts: &mut PipelineFacts<'_>, stage: &Stage, spec: &CiStage) -> Vec<PlannedStage> {
    match infrastructure::of(ctx, facts.pipeline, stage, spec) {
        Some(infrastructure) => instances(ctx, facts, stage, spec, CI, &infrastructure),
        None => Vec::new(),
    }
}

/// Plans a stage of another type for its containerised step groups (groups.own): empty if it has none.
pub(crate) fn lower_other(
    ctx: &Ctx<'_>,
    facts: &mut PipelineFacts<'_>,
    stage: &Stage,
    kind: &Spanned<String>,
    execution: &[ExecutionNode],
) -> Vec<PlannedStage> {
    let Some((first, profile)) = containerised::first(ctx, execution) else {
        containerised::report_services(ctx, execution, &kind.value);
        ctx.notes.left_out(LeftOut {
            stage: StageId(stage.identifier.value.clone()),
            why: format!("a `{}` stage is not run locally", kind.value),
        });
        let left_out = codes::STAGE_NOT_RUN
            .says(format!("the stage `{}` is left out", stage.identifier.value))
            .at(kind.span, format!("a `{}` stage is not run locally", kind.value));
        ctx.notes.report(match gates::is_gate(stage) && !ctx.inputs.approved {
            true => left_out.help("what is behind it waits for an approval: `--approve` gives it"),
            false => left_out,
        });
        return Vec::new();
    };
    let spec = CiStage { execution: execution.to_vec(), ..CiStage::default() };
    let infrastructure = StageInfrastructure {
        kind: first,
        profile,
        host_names: Vec::new(),
        volumes: None,
        platform: Platform::DEFAULT,
    };
    instances(ctx, facts, stage, &spec, &kind.value, &infrastructure)
}

fn instances(
    ctx: &Ctx<'_>,
    facts: &mut PipelineFacts<'_>,
    stage: &Stage,
    spec: &CiStage,
    kind: &str,
    infrastructure: &StageInfrastructure,
) -> Vec<PlannedStage> {
    each(ctx, stage, |ctx, suffix, index| {
        let place = StagePlace { index, ..place(ctx, facts, stage, spec, suffix, infrastructure) };
        let place = StagePlace { kind: kind.to_owned(), ..place };
        instance(ctx, facts, stage, spec, &place, infrastructure.profile.clone())
    })
}

/// Calls a function for the stage, or for each instance of its loop, with its names, suffix, index and number.
fn each<T>(ctx: &Ctx<'_>, stage: &Stage, mut one: impl FnMut(&Ctx<'_>, &str, (usize, usize)) -> T) -> Vec<T> {
    match expand(ctx, stage.strategy.as_ref()) {
        Expansion::Once => vec![one(ctx, "", (0, 1))],
        Expansion::Later => {
            ctx.notes.earlier().in_waiting_loop(true);
            let done = one(&ctx.with_names(Names::within(&ctx.names, waiting())), "", (0, 1));
            ctx.notes.earlier().in_waiting_loop(false);
            vec![done]
        }
        Expansion::Never => Vec::new(),
        Expansion::Instances(instances, _) => instances
            .iter()
            .map(|instance| {
                let names = instance_names(ctx, instance);
                one(&ctx.with_names(names), &instance.suffix, instance.index)
            })
            .collect(),
    }
}

/// The place of a CI stage outside any loop.
fn place(
    ctx: &Ctx<'_>,
    facts: &PipelineFacts<'_>,
    stage: &Stage,
    spec: &CiStage,
    suffix: &str,
    infrastructure: &StageInfrastructure,
) -> StagePlace {
    let name =
        given(stage.name.as_ref()).map_or_else(|| stage.identifier.value.clone(), |name| ctx.text(name).value.shown());
    StagePlace {
        id: format!("{}{suffix}", stage.identifier.value),
        name: format!("{name}{suffix}"),
        kind: CI.to_owned(),
        infrastructure: infrastructure.kind,
        platform: infrastructure.platform.clone(),
        containerised: false,
        registries: spec.registries.clone().into(),
        host_names: infrastructure.host_names.clone(),
        volumes: infrastructure.volumes.clone(),
        pipeline: facts.id.clone(),
        org: facts.org.clone(),
        project: facts.project.clone(),
        clone_login: clone_login(ctx, facts.pipeline, spec, infrastructure).into_shared(),
        caching: spec
            .caching
            .as_ref()
            .and_then(|caching| ctx.flag(caching.enabled.as_ref()?, "`caching.enabled`"))
            .is_some_and(|enabled| enabled.value),
        index: (0, 1),
    }
}

/// Evaluates the variables of a stage that is left out, so that later stages can read them.
pub(crate) fn decide(ctx: &Ctx<'_>, facts: &mut PipelineFacts<'_>, stage: &Stage) {
    let StageSpec::Ci(spec) = &stage.spec else { return };
    let Some(infrastructure) = infrastructure::of(ctx, facts.pipeline, stage, spec) else { return };
    each(ctx, stage, |ctx, suffix, _| {
        let place = place(ctx, facts, stage, spec, suffix, &infrastructure);
        let ctx = ctx.with_names(names(ctx, stage, spec, &place, [&[], &spec.execution]));
        let own = variables::environment(&ctx, &stage.variables, false);
        let decided = variables::decided(&stage.variables, &own);
        if !decided.is_empty() {
            facts.decided.insert(place.id, decided);
        }
    });
}

/// The login of the clone, as far as the steps on a machine see it; in a pod only the clone's own container has it.
fn clone_login(ctx: &Ctx<'_>, pipeline: &Pipeline, spec: &CiStage, infrastructure: &StageInfrastructure) -> Env {
    match infrastructure.profile.value {
        Profile::Vm | Profile::Cloud | Profile::Docker if clones(ctx, spec) => git::codebase_login(ctx, pipeline),
        Profile::Vm | Profile::Cloud | Profile::Docker | Profile::Kubernetes => Env::default(),
    }
}

fn instance_names(ctx: &Ctx<'_>, instance: &Instance) -> Arc<Names> {
    Names::within(&ctx.names, instance.names("stage"))
}

fn instance(
    ctx: &Ctx<'_>,
    facts: &mut PipelineFacts<'_>,
    stage: &Stage,
    spec: &CiStage,
    place: &StagePlace,
    profile: Traced<Profile>,
) -> PlannedStage {
    let around = ctx.notes.enter(Owner::Stage(StageId(place.id.clone())), stage.span);
    let services: Vec<ExecutionNode> =
        spec.service_dependencies.iter().map(|service| ExecutionNode::Step(Box::new(as_step(service)))).collect();
    let ctx = ctx.with_names(names(ctx, stage, spec, place, [&services, &spec.execution]));
    report_differences(&ctx, stage, place);
    report_registries(&ctx, spec, place);
    let own = variables::environment(&ctx, &stage.variables, false);
    let decided = variables::decided(&stage.variables, &own);
    if !decided.is_empty() {
        facts.decided.insert(place.id.clone(), decided);
    }
    let strategies = flow::strategies(&ctx, &stage.failure_strategies);
    let tree = StageTree::new(&ctx, place, [&facts.variables, &own], std::mem::take(&mut facts.pushed));
    let volumes = volumes::of(&ctx, profile.value, PodOwner::Stage, place.volumes.as_ref());
    let mut execution = tree.lower(&ctx, &services, Vec::new());
    execution.extend(tree.lower(&ctx, &spec.execution, strategies));
    let planned = PlannedStage {
        id: StageId(place.id.clone()),
        looped: (place.id != stage.identifier.value).then(|| StageId(stage.identifier.value.clone())),
        name: place.name.clone(),
        profile,
        workspace: place.platform.workspace().to_owned(),
        shared_paths: shared_paths::of(&ctx, spec.shared_paths.as_ref(), &spec.execution, &volumes),
        when: flow::when(&ctx, stage.when.as_ref()),
        clone: codebase_clone::of(&ctx, facts.pipeline, spec, place),
        not_here: place.platform.not_here(&ctx.inputs.run.os),
        undecided: ctx.notes.earlier().take_undecided(),
        execution,
        containerised: tree.take_containerised(),
        known: Arc::clone(&ctx.names) as _,
    };
    service_addresses::check(place, &planned, &|step| tree.place(step), ctx.notes);
    service_conflicts::check(&planned, &|step| tree.place(step), ctx.notes);
    facts.pushed = tree.into_pushed();
    ctx.notes.leave(around);
    planned
}

/// Whether the stage clones the codebase: unless `cloneCodebase` is false (clone.implicit).
pub(crate) fn clones(ctx: &Ctx<'_>, spec: &CiStage) -> bool {
    let cloned = spec.clone_codebase.as_ref().and_then(|field| ctx.flag(field, "`cloneCodebase`"));
    cloned.is_none_or(|cloned| cloned.value)
}

/// A legacy service as a Background step.
fn as_step(service: &ServiceDependency) -> Step {
    Step {
        identifier: service.identifier.clone(),
        name: service.name.clone(),
        kind: Spanned { value: "Background".to_owned(), span: service.identifier.span },
        spec: StepSpec::Background(Box::new(service.spec.clone())),
        timeout: None,
        when: None,
        failure_strategies: Vec::new(),
        strategy: None,
        policy_sets: None,
        template: None,
        span: service.span,
    }
}
