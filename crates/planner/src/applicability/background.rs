//! The inputs of the Background step: the reference's page background, one row a line.

use cirun_parser::model::BackgroundSpec;

use super::{
    Applicability::{Allowed as A, Ignored as I, Rejected as X, Required as R, Unless},
    Row,
    field::{flag, int, list, map, node, registries, text, true_flag},
    row,
};

const U: super::Applicability = Unless("harnessManagedImage");

/// One row for each input.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row<BackgroundSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("image",                    [R, R, A, A, R], "required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)", |_, s| text(&s.image)),
    row("connectorRef",             [U, U, A, A, A], "required on Kubernetes unless `harnessManagedImage` is set (background.connector)", |_, s| text(&s.connector_ref)),
    row("registries",               [I, I, A, A, A], "only machines read it (images.registries)", |_, s| registries(&s.registries)),
    row("command",                  [A, A, A, A, A], "background.command", |_, s| text(&s.command)),
    row("entrypoint",               [A, A, A, A, A], "background.entrypoint", |_, s| list(&s.entrypoint)),
    row("envVariables",             [A, A, A, A, A], "background.env", |_, s| map(&s.env_variables)),
    row("resources.limits.memory",  [A, A, I, I, I], "only on Kubernetes (background.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "only on Kubernetes (background.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("resources.requests.memory",[A, A, I, I, I], "only on Kubernetes (background.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.request_memory))),
    row("resources.requests.cpu",   [A, A, I, I, I], "only on Kubernetes (background.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.request_cpu))),
    row("privileged",               [A, A, A, A, A], "background.privileged", |_, s| flag(&s.privileged)),
    row("runAsUser",                [A, A, A, A, A], "background.run-as-user", |_, s| text(&s.run_as_user)),
    row("shell",                    [A, A, A, A, A], "background.shell", |_, s| text(&s.shell)),
    row("imagePullPolicy",          [A, A, A, A, A], "background.pull-policy", |_, s| text(&s.image_pull_policy)),
    row("portBindings",             [X, X, A, A, A], "Kubernetes refuses them (background.port-bindings)", |_, s| map(&s.port_bindings)),
    row("ports",                    [I, I, A, A, A], "a second form of `portBindings`, not on Kubernetes (background.ports)", |_, s| list(&s.ports)),
    row("networkAliases",           [I, I, A, A, A], "names in Docker's network, which a pod has not (background.network-aliases)", |_, s| list(&s.network_aliases)),
    row("reports",                  [A, A, A, A, A], "background.reports", |_, s| s.reports.as_ref().map(|r| r.span)),
    row("retry",                    [I, I, I, I, I], "a service that was started is a success, so nothing is tried again (background.retry)", |_, s| int(&s.retry)),
    row("harnessManagedImage",      [A, A, A, A, A], "background.managed-image", |_, s| true_flag(&s.harness_managed_image)),
    row("outputVariables",          [I, I, I, I, I], "Background steps have no output variables (background.output-variables)", |_, s| node(&s.output_variables)),
];

/// Inputs without an effect on a service that runs on the machine itself.
#[rustfmt::skip]
pub(crate) const CONTAINER_ONLY: &[Row<BackgroundSpec>] = &[
    row("connectorRef",             [I, I, I, I, I], "only for a service in a container (background.on-machine)", |_, s| text(&s.connector_ref)),
    row("imagePullPolicy",          [I, I, I, I, I], "only for a service in a container (background.on-machine)", |_, s| text(&s.image_pull_policy)),
    row("runAsUser",                [I, I, I, I, I], "only for a service in a container (background.on-machine)", |_, s| text(&s.run_as_user)),
    row("privileged",               [I, I, I, I, I], "only for a service in a container (background.on-machine)", |_, s| true_flag(&s.privileged)),
    row("networkAliases",           [I, I, I, I, I], "names in Docker's network (background.on-machine)", |_, s| list(&s.network_aliases)),
];

/// Inputs that Background steps of CI stages do not support; in containerised groups they have an effect
/// (groups.advanced).
#[rustfmt::skip]
pub(crate) const CI_ONLY: &[Row<BackgroundSpec>] = &[
    row("failureStrategies",        [I, I, I, I, I], "Background steps of CI have no failure strategies (background.failure-strategies)", |step, _| step.failure_strategies.first().map(|f| f.span)),
];
