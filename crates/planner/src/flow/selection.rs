//! `--step`, `--from` and `--until`: other steps are shown as not selected.

use cirun_diagnostics::{Spanned, codes::plan as codes, nearest};
use cirun_parser::model::Stage;
use cirun_plan::{Action, Node, PlannedStage, PlannedStep, Role, SkipReason};

use crate::scope::Ctx;

/// Whether `id` may be the name of an instance of the stage, as `cirun list` prints it.
pub(crate) fn may_be_instance(stage: &Stage, id: &str) -> bool {
    let suffix = id.strip_prefix(stage.identifier.value.as_str()).and_then(|rest| rest.strip_prefix('_'));
    stage.strategy.is_some() && suffix.is_some_and(|suffix| !suffix.is_empty())
}

/// Of a looped stage, whose instances are those from `from`, leaves the ones that `--stage` names, if it names any.
pub(crate) fn keep_instances(ctx: &Ctx<'_>, stage: &Spanned<String>, planned: &mut Vec<PlannedStage>, from: usize) {
    let wanted = &ctx.inputs.selection.stages;
    let prefix = format!("{}_", stage.value);
    let named: Vec<&String> = wanted.iter().filter(|id| id.starts_with(&prefix)).collect();
    let instances = planned.split_off(from);
    let is_one = |id: &str| instances.iter().any(|instance| instance.looped.is_some() && instance.id.0 == id);
    let mut others = named.iter().filter(|id| !is_one(id));
    if named.is_empty() || wanted.contains(&stage.value) {
        planned.extend(instances);
    } else if let Some(unknown) = others.next() {
        let help = match instances.iter().all(|instance| instance.looped.is_none()) {
            true => format!("its instances are decided when it begins: choose all of them, `--stage {}`", stage.value),
            false => format!("the instances are {}", list(&instances)),
        };
        ctx.notes.report(
            codes::UNKNOWN_STAGE
                .says(format!("the looped stage `{}` has no instance `{unknown}`", stage.value))
                .at(stage.span, "this stage")
                .help(help),
        );
    } else {
        planned.extend(instances.into_iter().filter(|instance| named.contains(&&instance.id.0)));
    }
}

fn list(stages: &[PlannedStage]) -> String {
    stages.iter().map(|stage| format!("`{}`", stage.id)).collect::<Vec<_>>().join(", ")
}

/// Marks the steps that are not selected; services run for the selected steps.
pub(crate) fn apply(ctx: &Ctx<'_>, stages: &mut [PlannedStage]) {
    let selection = &ctx.inputs.selection;
    if selection.steps.is_empty() && selection.from.is_none() && selection.until.is_none() {
        return;
    }
    let named = selection.steps.iter().chain(&selection.from).chain(&selection.until);
    let known: Vec<String> =
        stages.iter().flat_map(|stage| stage.steps()).map(|step| step.path.as_str().to_owned()).collect();
    for name in named {
        let there = stages.iter().flat_map(|stage| stage.steps()).any(|step| step.path.is_named(name));
        if !there {
            let help = match nearest(name, known.iter().map(String::as_str)) {
                Some(like) => format!("did you mean `{like}`?"),
                None => "`cirun list` shows the steps".to_owned(),
            };
            ctx.notes.report(codes::UNKNOWN_STEP.says(format!("no step `{name}`")).help(help));
        }
    }
    let mut range = Range { started: selection.from.is_none(), ended: false };
    for stage in stages {
        let mut any = false;
        walk(&mut stage.execution, &mut |step| {
            if selection.from.as_ref().is_some_and(|from| step.path.is_named(from)) {
                range.started = true;
            }
            let inside = range.started && !range.ended;
            if selection.until.as_ref().is_some_and(|until| step.path.is_named(until)) {
                range.ended = true;
            }
            let chosen = selection.steps.is_empty() || selection.steps.iter().any(|name| step.path.is_named(name));
            let wanted = match step.role {
                Role::Service => !range.ended,
                Role::Foreground => inside && chosen,
            };
            any |= wanted && step.role == Role::Foreground;
            if !wanted {
                step.action = Action::Skip(SkipReason::NotSelected);
            }
        });
        if !any {
            // No step is left that could use them.
            walk(&mut stage.execution, &mut |step| step.action = Action::Skip(SkipReason::NotSelected));
        }
    }
}

struct Range {
    started: bool,
    ended: bool,
}

fn walk(nodes: &mut [Node], visit: &mut impl FnMut(&mut PlannedStep)) {
    for node in nodes {
        match node {
            Node::Step(step) => visit(step),
            Node::Group(group) => walk(&mut group.steps, visit),
            Node::Parallel(nodes) => walk(nodes, visit),
        }
    }
}
