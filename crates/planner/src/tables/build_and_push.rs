//! The build-and-push steps: seed 002, "Step Inputs → Plugin Env Vars" and "UI Field / Input", and its siblings in
//! facts/steps.

use cirun_parser::{
    Span,
    model::{BuildAndPushSpec, BuildTarget},
};

use super::{
    Cell::{Allowed as A, Hidden as H, Ignored as I, Required as R, Unless},
    Row,
    field::{flag, int, list, map, text, told_by_parser, true_flag},
    row,
};

const U: super::Cell = Unless("registryRef");

/// The inputs that only BuildAndPushECR has.
#[rustfmt::skip]
pub(crate) const ECR: &[Row<BuildAndPushSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("connectorRef",             [R, R, R, R, R], "seed 002, UI Field `spec.connectorRef`: required", |_, s| text(&s.connector_ref)),
    row("region",                   [R, R, R, R, R], "seed 002, UI Field `spec.region`: required", |_, s| target(s, "region")),
    row("account",                  [R, R, R, R, R], "seed 002, UI Field `spec.account`: required", |_, s| target(s, "account")),
    row("imageName",                [R, R, R, R, R], "seed 002, UI Field `spec.imageName`: required", |_, s| target(s, "imageName")),
];

/// The inputs that only BuildAndPushDockerRegistry has.
#[rustfmt::skip]
pub(crate) const DOCKER: &[Row<BuildAndPushSpec>] = &[
    row("connectorRef",             [U, U, U, U, U], "Docker, UI Field `spec.connectorRef`: required unless `registryRef`", |_, s| text(&s.connector_ref)),
    row("registryRef",              [A, A, A, A, A], "Docker, UI Field `spec.registryRef`", |_, s| target(s, "registryRef")),
    row("repo",                     [R, R, R, R, R], "Docker, UI Field `spec.repo`: required", |_, s| target(s, "repo")),
];

/// The inputs that only BuildAndPushGAR and BuildAndPushGCR have.
#[rustfmt::skip]
pub(crate) const GOOGLE: &[Row<BuildAndPushSpec>] = &[
    row("connectorRef",             [R, R, R, R, R], "GAR, UI Field `spec.connectorRef`: required", |_, s| text(&s.connector_ref)),
    row("host",                     [R, R, R, R, R], "GAR, UI Field `spec.host`: required", |_, s| target(s, "host")),
    row("projectID",                [R, R, R, R, R], "GAR, UI Field `spec.projectID`: required", |_, s| target(s, "projectID")),
    row("imageName",                [R, R, R, R, R], "GAR, UI Field `spec.imageName`: required", |_, s| target(s, "imageName")),
];

/// The inputs that only BuildAndPushACR has.
#[rustfmt::skip]
pub(crate) const ACR: &[Row<BuildAndPushSpec>] = &[
    row("connectorRef",             [R, R, R, R, R], "ACR, UI Field `spec.connectorRef`: required", |_, s| text(&s.connector_ref)),
    row("repository",               [R, R, R, R, R], "ACR, UI Field `spec.repository`: required", |_, s| target(s, "repository")),
    row("subscriptionId",           [A, A, A, A, A], "ACR, UI Field `spec.subscriptionId`", |_, s| target(s, "subscriptionId")),
];

/// The inputs that all of them have.
#[rustfmt::skip]
pub(crate) const COMMON: &[Row<BuildAndPushSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("identifier",               [R, R, R, R, R], "seed 002, UI Field `identifier`: required", |step, _| told_by_parser(step)),
    row("name",                     [R, R, R, R, R], "seed 002, UI Field `name`: required", |step, _| text(&step.name)),
    row("tags",                     [R, R, R, R, R], "seed 002, UI Field `spec.tags`: required", |_, s| list(&s.tags)),
    row("caching",                  [A, A, A, A, A], "seed 002, UI Field `spec.caching`", |_, s| flag(&s.caching)),
    row("baseImageConnectorRefs",   [A, A, A, A, A], "seed 002, UI Field `spec.baseImageConnectorRefs`", |_, s| list(&s.base_image_connector_refs)),
    row("optimize",                 [A, A, I, I, I], "seed 002, UI Field `spec.optimize`: Kaniko snapshots, KubernetesDirect and KubernetesHosted", |_, s| flag(&s.optimize)),
    row("dockerfile",               [A, A, A, A, A], "seed 002, UI Field `spec.dockerfile`", |_, s| text(&s.dockerfile)),
    row("context",                  [A, A, A, A, A], "seed 002, UI Field `spec.context`", |_, s| text(&s.context)),
    row("labels",                   [A, A, A, A, A], "seed 002, UI Field `spec.labels`", |_, s| map(&s.labels)),
    row("buildArgs",                [A, A, A, A, A], "seed 002, UI Field `spec.buildArgs`", |_, s| map(&s.build_args)),
    row("target",                   [A, A, A, A, A], "seed 002, UI Field `spec.target`", |_, s| text(&s.target_stage)),
    row("remoteCacheImage",         [A, A, I, I, I], "seed 002, UI Field `spec.remoteCacheImage`: KubernetesDirect and KubernetesHosted", |_, s| text(&s.remote_cache_image)),
    row("envVariables",             [A, A, A, A, A], "seed 002, UI Field `spec.envVariables`", |_, s| map(&s.env_variables)),
    row("runAsUser",                [A, H, A, H, H], "seed 002, UI Field `spec.runAsUser`; `runAsUser`: a container setting on the VM path too", |_, s| text(&s.run_as_user)),
    row("resources.limits.memory",  [A, A, I, I, I], "seed 002, UI Field `spec.limitMemory`: KubernetesDirect and KubernetesHosted", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "seed 002, UI Field `spec.limitCPU`: KubernetesDirect and KubernetesHosted", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("timeout",                  [A, A, A, A, A], "seed 002, UI Field `timeout`", |step, _| text(&step.timeout)),
    row("cacheFrom",                [A, A, A, A, A], "seed 002, Step Inputs `cacheFrom`", |_, s| list(&s.cache_from)),
    row("cacheTo",                  [A, A, A, A, A], "seed 002, Step Inputs `cacheTo`", |_, s| text(&s.cache_to)),
    row("envDockerSecrets",         [A, A, A, A, A], "seed 002, Step Inputs `envDockerSecrets`", |_, s| map(&s.env_docker_secrets)),
    row("fileDockerSecrets",        [A, A, A, A, A], "seed 002, Step Inputs `fileDockerSecrets`", |_, s| map(&s.file_docker_secrets)),
    row("privileged",               [I, I, I, I, I], "seed 002, Phase 4: no such input, and no variable of the plugin is made of it", |_, s| true_flag(&s.privileged)),
    row("imagePullPolicy",          [I, I, I, I, I], "seed 002, Phase 4: no such input, and no variable of the plugin is made of it", |_, s| text(&s.image_pull_policy)),
    row("retry",                    [A, A, A, A, A], "seed 002, Step Inputs `retry`: default 1", |_, s| int(&s.retry)),
];

/// The inputs that only the step of this target has.
pub(crate) fn own_rows(target: &BuildTarget) -> &'static [Row<BuildAndPushSpec>] {
    match target {
        BuildTarget::Ecr { .. } => ECR,
        BuildTarget::Docker { .. } => DOCKER,
        BuildTarget::Gar { .. } | BuildTarget::Gcr { .. } => GOOGLE,
        BuildTarget::Acr { .. } => ACR,
    }
}

fn target(spec: &BuildAndPushSpec, input: &str) -> Option<Span> {
    let field = match (&spec.target, input) {
        (BuildTarget::Ecr { region, .. }, "region") => region,
        (BuildTarget::Ecr { account, .. }, "account") => account,
        (BuildTarget::Docker { repo, .. }, "repo") => repo,
        (BuildTarget::Docker { registry_ref, .. }, "registryRef") => registry_ref,
        (BuildTarget::Gar { host, .. } | BuildTarget::Gcr { host, .. }, "host") => host,
        (BuildTarget::Gar { project_id, .. } | BuildTarget::Gcr { project_id, .. }, "projectID") => project_id,
        (
            BuildTarget::Ecr { image_name, .. }
            | BuildTarget::Gar { image_name, .. }
            | BuildTarget::Gcr { image_name, .. },
            "imageName",
        ) => image_name,
        (BuildTarget::Acr { repository, .. }, "repository") => repository,
        (BuildTarget::Acr { subscription_id, .. }, "subscriptionId") => subscription_id,
        _ => return None,
    };
    text(field)
}
