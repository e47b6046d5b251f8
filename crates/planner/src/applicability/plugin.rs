//! The inputs of the Plugin step: the reference's page plugin, one row a line.

use cirun_parser::model::PluginSpec;

use super::{
    Applicability::{Allowed as A, Hidden as H, Ignored as I, Rejected as X, Required as R, Unless},
    Row,
    field::{flag, list, map, node, registries, text},
    row,
};

const U: super::Applicability = Unless("uses");

/// One row for each input of the Plugin step.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row<PluginSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("image",                    [R, R, U, R, R], "required, except beside `uses` on `cloud` (plugin.image)", |_, s| text(&s.image)),
    row("uses",                     [X, X, A, X, X], "only `cloud` takes it (plugin.uses)", |_, s| text(&s.uses)),
    row("settings",                 [A, A, A, A, A], "plugin.settings", |_, s| node(&s.settings)),
    row("envVariables",             [A, A, A, A, A], "plugin.env", |_, s| map(&s.env_variables)),
    row("entrypoint",               [A, A, A, A, A], "plugin.entrypoint", |_, s| list(&s.entrypoint)),
    row("connectorRef",             [A, A, A, A, A], "plugin.connector", |_, s| text(&s.connector_ref)),
    row("registries",               [I, I, A, A, A], "only machines read it (images.registries)", |_, s| registries(&s.registries)),
    row("registryRef",              [A, A, A, A, A], "plugin.registry-ref", |_, s| text(&s.registry_ref)),
    row("resources.limits.memory",  [A, A, I, I, I], "only on Kubernetes (plugin.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "only on Kubernetes (plugin.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("privileged",               [A, H, H, H, H], "from YAML it has its effect (plugin.privileged)", |_, s| flag(&s.privileged)),
    row("runAsUser",                [A, A, A, A, A], "plugin.run-as-user", |_, s| text(&s.run_as_user)),
    row("imagePullPolicy",          [A, A, A, A, A], "plugin.pull-policy", |_, s| text(&s.image_pull_policy)),
    row("reports",                  [A, A, A, A, A], "plugin.reports", |_, s| s.reports.as_ref().map(|r| r.span)),
];
