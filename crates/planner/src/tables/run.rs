//! The Run step (facts/steps/ci-run-step-analysis.md, Phase 4 and Applicability Matrix).

use cirun_parser::model::RunSpec;

use super::{
    Cell::{Allowed as A, Beside, Ignored as I, Required as R, Unless},
    Row,
    field::{flag, map, registries, text},
    row,
};

const U: super::Cell = Unless("registryRef");
const C: super::Cell = Unless("image");
const B: super::Cell = Beside("image");

/// One row for each input of the Run step.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row<RunSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("image",                    [R, R, A, A, A], "Run, Phase 4 `image`: required for K8; containerless elsewhere, on the local runner too (harness-runtime.md 1.9)", |_, s| text(&s.image)),
    row("connectorRef",             [U, U, B, B, B], "Run, Applicability Matrix `connectorRef` or `registryRef`: K8 yes; VM only if image provided", |_, s| text(&s.connector_ref).or(text(&s.registry_ref))),
    row("registries",               [I, I, A, A, A], "seed 000, Phase 2: VM and hosted resolve the connector from `registries`", |_, s| registries(&s.registries)),
    row("registryRef",              [A, A, A, A, A], "Run, Phase 4 `registryRef`", |_, s| text(&s.registry_ref)),
    row("command",                  [A, A, C, C, C], "Run, Known Gaps: VM and hosted refuse a step without `command` and `image`", |_, s| text(&s.command)),
    row("envVariables",             [A, A, A, A, A], "Run, Phase 4 `envVariables`", |_, s| map(&s.env_variables)),
    row("resources.limits.memory",  [A, A, I, I, I], "Run, Phase 4 `resources`: K8 only", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "Run, Phase 4 `resources`: K8 only", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("privileged",               [A, A, A, A, A], "Run, Phase 4 `privileged`", |_, s| flag(&s.privileged)),
    row("runAsUser",                [A, A, A, A, A], "Run, Phase 4 `runAsUser`", |_, s| text(&s.run_as_user)),
    row("shell",                    [A, A, A, A, A], "Run, Phase 4 `shell`", |_, s| text(&s.shell)),
    row("imagePullPolicy",          [A, A, A, A, A], "Run, Phase 4 `imagePullPolicy`", |_, s| text(&s.image_pull_policy)),
    row("outputVariables",          [A, A, A, A, A], "Run, Phase 4 `outputVariables`", |_, s| s.output_variables.first().map(|o| o.name.span)),
    row("reports",                  [A, A, A, A, A], "Run, Phase 4 `reports`", |_, s| s.reports.as_ref().map(|r| r.span)),
];
