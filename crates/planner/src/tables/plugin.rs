//! The Plugin step (facts/steps/ci-plugin-step-analysis.md, Phase 4, Applicability Matrix and UI fields).

use cirun_parser::model::PluginSpec;

use super::{
    Cell::{Allowed as A, Hidden as H, Ignored as I, Rejected as X, Required as R, Unless},
    Row,
    field::{flag, list, map, node, registries, text},
    row,
};

const U: super::Cell = Unless("uses");

/// One row for each input of the Plugin step.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row<PluginSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("image",                    [R, R, U, R, R], "Plugin, Phase 4 `image`: required unless `uses` is set, which is for hosted only", |_, s| text(&s.image)),
    row("uses",                     [X, X, A, X, X], "Plugin, Applicability Matrix `uses` supported: hosted only", |_, s| text(&s.uses)),
    row("settings",                 [A, A, A, A, A], "harness-runtime.md 2.7: settings become `PLUGIN_*` on VM and K8", |_, s| node(&s.settings)),
    row("envVariables",             [A, A, A, A, A], "Plugin, Phase 4 `envVariables`", |_, s| map(&s.env_variables)),
    row("entrypoint",               [A, A, A, A, A], "Plugin, UI Field `spec.entrypoint`", |_, s| list(&s.entrypoint)),
    row("connectorRef",             [A, A, A, A, A], "Plugin, Phase 4 `connectorRef`", |_, s| text(&s.connector_ref)),
    row("registries",               [I, I, A, A, A], "seed 000, Phase 2: VM and hosted resolve the connector from `registries`", |_, s| registries(&s.registries)),
    row("registryRef",              [A, A, A, A, A], "Plugin, Phase 4 `registryRef`", |_, s| text(&s.registry_ref)),
    row("resources.limits.memory",  [A, A, I, I, I], "Plugin, UI Field `spec.limitMemory`", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "Plugin, UI Field `spec.limitCPU`", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("privileged",               [A, H, H, H, H], "Plugin, UI Field `spec.privileged`", |_, s| flag(&s.privileged)),
    row("runAsUser",                [A, A, A, A, A], "Plugin, UI Field `spec.runAsUser`", |_, s| text(&s.run_as_user)),
    row("imagePullPolicy",          [A, A, A, A, A], "Plugin, UI Field `spec.imagePullPolicy`", |_, s| text(&s.image_pull_policy)),
    row("reports",                  [A, A, A, A, A], "harness-runtime.md 2.7: reports are wired on K8 too", |_, s| s.reports.as_ref().map(|r| r.span)),
];
