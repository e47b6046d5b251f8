//! The inputs of the Run step: the reference's page run, one row a line.

use cirun_parser::model::RunSpec;

use super::{
    Applicability::{Allowed as A, Beside, Ignored as I, Required as R, Unless},
    Row,
    field::{flag, map, registries, text},
    row,
};

const U: super::Applicability = Unless("registryRef");
const C: super::Applicability = Unless("image");
const B: super::Applicability = Beside("image");

/// One row for each input of the Run step.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row<RunSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("image",                    [R, R, A, A, A], "required on Kubernetes; elsewhere the step can run on the machine itself (run.image)", |_, s| text(&s.image)),
    row("connectorRef",             [U, U, B, B, B], "required on Kubernetes, and elsewhere beside `image` (run.connector)", |_, s| text(&s.connector_ref).or(text(&s.registry_ref))),
    row("registries",               [I, I, A, A, A], "only machines read it (images.registries)", |_, s| registries(&s.registries)),
    row("registryRef",              [A, A, A, A, A], "run.registry-ref", |_, s| text(&s.registry_ref)),
    row("command",                  [A, A, C, C, C], "machines refuse a step without `command` and `image` (run.command)", |_, s| text(&s.command)),
    row("envVariables",             [A, A, A, A, A], "run.env", |_, s| map(&s.env_variables)),
    row("resources.limits.memory",  [A, A, I, I, I], "only on Kubernetes (run.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "only on Kubernetes (run.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("privileged",               [A, A, A, A, A], "run.privileged", |_, s| flag(&s.privileged)),
    row("runAsUser",                [A, A, A, A, A], "run.run-as-user", |_, s| text(&s.run_as_user)),
    row("shell",                    [A, A, A, A, A], "run.shell", |_, s| text(&s.shell)),
    row("imagePullPolicy",          [A, A, A, A, A], "run.pull-policy", |_, s| text(&s.image_pull_policy)),
    row("outputVariables",          [A, A, A, A, A], "run.output-variables", |_, s| s.output_variables.first().map(|o| o.name.span)),
    row("reports",                  [A, A, A, A, A], "run.reports", |_, s| s.reports.as_ref().map(|r| r.span)),
];
