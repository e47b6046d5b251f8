//! Containerised step groups: `stepGroupInfra` gives a group a pod or network of its own (groups.own).

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::model::{ExecutionNode, Step, StepGroup, StepSpec};
use cirun_plan::{Cause, Origin, Profile, Traced};

use super::user;
use crate::{infrastructure::Infrastructure, scope::Ctx};

/// The meaning of a type of `stepGroupInfra`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The containers of the group run as in this infrastructure.
    Containers(Infrastructure),
    /// The group runs like one without `stepGroupInfra`.
    Nothing,
    /// Only Harness has this infrastructure.
    Elsewhere,
}

/// The types of `stepGroupInfra` (groups.types).
const TYPES: [(&str, Meaning); 5] = [
    ("KubernetesDirect", Meaning::Containers(Infrastructure::KubernetesDirect)),
    ("VM", Meaning::Containers(Infrastructure::Vm)),
    ("ECSDirect", Meaning::Elsewhere),
    ("Delegate", Meaning::Nothing),
    ("Noop", Meaning::Nothing),
];

/// Where a group's steps run.
#[derive(Debug, Clone)]
pub(crate) enum GroupInfrastructure {
    /// In the infrastructure around it.
    Around,
    /// In a pod or network of its own.
    Own(Infrastructure, Traced<Profile>),
    /// Not here; with the reason, as text to print.
    Nowhere(String),
}

/// Reads a group's `stepGroupInfra`.
pub(crate) fn of(ctx: &Ctx<'_>, group: &StepGroup) -> GroupInfrastructure {
    let Some(infra) = &group.infra else { return GroupInfrastructure::Around };
    user::check_pod(ctx, |name| infra.spec.get(name));
    let Some(word) = ctx.known(&infra.kind, "`stepGroupInfra.type`") else { return GroupInfrastructure::Around };
    match TYPES.iter().find(|(known, _)| *known == word.value).map(|(_, meaning)| *meaning) {
        Some(Meaning::Containers(infrastructure)) => match &ctx.inputs.profile {
            Some(forced) => {
                let origin = Origin::new(Cause::Setting(forced.given_by.clone()));
                GroupInfrastructure::Own(Infrastructure::of(forced.value), Traced::new(forced.value, origin))
            }
            None => GroupInfrastructure::Own(infrastructure, Traced::new(infrastructure.profile(), word.origin)),
        },
        Some(Meaning::Nothing) => GroupInfrastructure::Around,
        Some(Meaning::Elsewhere) => {
            GroupInfrastructure::Nowhere(format!("its step group runs on `{}` infrastructure", word.value))
        }
        None => {
            let words = TYPES.map(|(word, _)| word).join(", ");
            ctx.notes.report(
                codes::UNKNOWN_INFRASTRUCTURE
                    .says(format!("unknown infrastructure `{}`", word.value))
                    .at(infra.kind.span, "no such infrastructure of a step group")
                    .help(format!("write one of {words}")),
            );
            GroupInfrastructure::Around
        }
    }
}

/// Whether a group has a pod or network of its own.
pub(crate) fn is(ctx: &Ctx<'_>, group: &StepGroup) -> bool {
    matches!(of(ctx, group), GroupInfrastructure::Own(..))
}

/// How the first containerised group among `nodes` runs, at any depth.
pub(crate) fn first(ctx: &Ctx<'_>, nodes: &[ExecutionNode]) -> Option<(Infrastructure, Traced<Profile>)> {
    nodes.iter().find_map(|node| match node {
        ExecutionNode::Step(_) => None,
        ExecutionNode::Parallel(nodes) => first(ctx, &nodes.value),
        ExecutionNode::Group(group) => match of(ctx, group) {
            GroupInfrastructure::Own(infrastructure, profile) => Some((infrastructure, profile)),
            GroupInfrastructure::Around | GroupInfrastructure::Nowhere(_) => first(ctx, &group.steps),
        },
    })
}

/// Reports the Background steps among `nodes` of a stage that is not a CI stage: they are outside a containerised
/// group.
pub(crate) fn report_services(ctx: &Ctx<'_>, nodes: &[ExecutionNode], kind: &str) {
    for node in nodes {
        match node {
            ExecutionNode::Step(step) if matches!(step.spec, StepSpec::Background(_)) => {
                report_background_outside(ctx, step, kind);
            }
            ExecutionNode::Step(_) => {}
            ExecutionNode::Parallel(nodes) => report_services(ctx, &nodes.value, kind),
            ExecutionNode::Group(group) => report_services(ctx, &group.steps, kind),
        }
    }
}

/// Reports a Background step without a pod or network to run in.
pub(crate) fn report_background_outside(ctx: &Ctx<'_>, step: &Step, kind: &str) {
    let message = format!("`{}` is not in a containerised step group of its `{kind}` stage", step.identifier.value);
    ctx.notes.report(
        codes::BACKGROUND_OUTSIDE_GROUP
            .says(message)
            .at(step.kind.span, "a Background step runs in the pod of its step group (groups.background-inside)")
            .help("put it, with the steps that use it, into a step group with `stepGroupInfra`"),
    );
}
