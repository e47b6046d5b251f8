//! The Background step (seed 000, Phase 4 and Applicability Matrix; seed 001).

use cirun_parser::model::BackgroundSpec;

use super::{
    Cell::{Allowed as A, Ignored as I, Rejected as X, Required as R, Unless},
    Row,
    field::{flag, int, list, map, node, registries, text, true_flag},
    row,
};

const U: super::Cell = Unless("harnessManagedImage");

/// One row for each input of seed 000, Phase 4.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row<BackgroundSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("image",                    [R, R, A, A, R], "seed 000, Phase 4 `image`: required for K8; seed 001, Important notes: blank on a VM runs on the VM itself", |_, s| text(&s.image)),
    row("connectorRef",             [U, U, A, A, A], "seed 000, Phase 4 `connectorRef`: required for K8 unless `harnessManagedImage`", |_, s| text(&s.connector_ref)),
    row("registries",               [I, I, A, A, A], "seed 000, Phase 2: VM and hosted resolve the connector from `registries`", |_, s| registries(&s.registries)),
    row("command",                  [A, A, A, A, A], "seed 000, Phase 4 `command`", |_, s| text(&s.command)),
    row("entrypoint",               [A, A, A, A, A], "seed 000, Phase 4 `entrypoint`", |_, s| list(&s.entrypoint)),
    row("envVariables",             [A, A, A, A, A], "seed 000, Phase 4 `envVariables`", |_, s| map(&s.env_variables)),
    row("resources.limits.memory",  [A, A, I, I, I], "seed 000, Phase 4 `resources`: K8 only", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "seed 000, Phase 4 `resources`: K8 only", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("resources.requests.memory",[A, A, I, I, I], "seed 000, Phase 4 `resources`: K8 only", |_, s| s.resources.as_ref().and_then(|r| text(&r.request_memory))),
    row("resources.requests.cpu",   [A, A, I, I, I], "seed 000, Phase 4 `resources`: K8 only", |_, s| s.resources.as_ref().and_then(|r| text(&r.request_cpu))),
    row("privileged",               [A, A, A, A, A], "seed 000, Phase 4 `privileged`", |_, s| flag(&s.privileged)),
    row("runAsUser",                [A, A, A, A, A], "seed 000, Phase 4 `runAsUser`", |_, s| text(&s.run_as_user)),
    row("shell",                    [A, A, A, A, A], "seed 000, Phase 4 `shell`", |_, s| text(&s.shell)),
    row("imagePullPolicy",          [A, A, A, A, A], "seed 000, Phase 4 `imagePullPolicy`", |_, s| text(&s.image_pull_policy)),
    row("portBindings",             [X, X, A, A, A], "seed 000, Applicability Matrix `portBindings`: K8 rejects them", |_, s| map(&s.port_bindings)),
    row("ports",                    [I, I, A, A, A], "seed 000, Phase 4 `ports`: an alternative to `portBindings`, VM only", |_, s| list(&s.ports)),
    row("networkAliases",           [I, I, A, A, A], "seed 000, Applicability Matrix `networkAliases`: VM only", |_, s| list(&s.network_aliases)),
    row("reports",                  [A, A, A, A, A], "seed 000, Phase 4 `reports`", |_, s| s.reports.as_ref().map(|r| r.span)),
    row("retry",                    [I, I, I, I, I], "harness-runtime.md 1.7: a service that was started is a success, so nothing is tried again", |_, s| int(&s.retry)),
    row("harnessManagedImage",      [A, A, A, A, A], "seed 000, Phase 4 `harnessManagedImage`", |_, s| true_flag(&s.harness_managed_image)),
    row("outputVariables",          [I, I, I, I, I], "seed 001, Important notes: Background steps do not support output variables", |_, s| node(&s.output_variables)),
];

/// What a service that runs on the machine itself has no use for.
#[rustfmt::skip]
pub(crate) const CONTAINER_ONLY: &[Row<BackgroundSpec>] = &[
    row("connectorRef",             [I, I, I, I, I], "seed 001, Important notes: blank, as `image`, on the machine itself", |_, s| text(&s.connector_ref)),
    row("imagePullPolicy",          [I, I, I, I, I], "seed 001, Image Pull Policy: if the service is running in a container", |_, s| text(&s.image_pull_policy)),
    row("runAsUser",                [I, I, I, I, I], "seed 001, Run as User: if the service is running in a container", |_, s| text(&s.run_as_user)),
    row("privileged",               [I, I, I, I, I], "seed 001, Privileged: run the container with escalated privileges", |_, s| true_flag(&s.privileged)),
    row("networkAliases",           [I, I, I, I, I], "seed 000, Phase 4 `networkAliases`: names in Docker's network", |_, s| list(&s.network_aliases)),
];

/// What Background steps of CI stages lack; in containerised groups it has its effect (seed 003, Advanced settings).
#[rustfmt::skip]
pub(crate) const CI_ONLY: &[Row<BackgroundSpec>] = &[
    row("failureStrategies",        [I, I, I, I, I], "seed 001, Important notes: Background steps do not support failure strategies", |step, _| step.failure_strategies.first().map(|f| f.span)),
];
