//! The inputs of the build-and-push steps: the reference's pages ecr and push, one row a line.

use cirun_diagnostics::Span;
use cirun_parser::model::{BuildAndPushSpec, BuildTarget};

use super::{
    Applicability::{Allowed as A, Hidden as H, Ignored as I, Required as R, Unless},
    Row,
    field::{flag, int, list, map, reported_by_parser, text, true_flag},
    row,
};

const U: super::Applicability = Unless("registryRef");

/// The inputs that only BuildAndPushECR has.
#[rustfmt::skip]
pub(crate) const ECR: &[Row<BuildAndPushSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("connectorRef",             [R, R, R, R, R], "required (ecr.connector)", |_, s| text(&s.connector_ref)),
    row("region",                   [R, R, R, R, R], "required (ecr.region)", |_, s| target(s, "region")),
    row("account",                  [R, R, R, R, R], "required (ecr.account)", |_, s| target(s, "account")),
    row("imageName",                [R, R, R, R, R], "required (ecr.image-name)", |_, s| target(s, "imageName")),
];

/// The inputs that only BuildAndPushDockerRegistry has.
#[rustfmt::skip]
pub(crate) const DOCKER: &[Row<BuildAndPushSpec>] = &[
    row("connectorRef",             [U, U, U, U, U], "required unless `registryRef` is set (push.docker-connector)", |_, s| text(&s.connector_ref)),
    row("registryRef",              [A, A, A, A, A], "push.docker-registry-ref", |_, s| target(s, "registryRef")),
    row("repo",                     [R, R, R, R, R], "required (push.docker-repo)", |_, s| target(s, "repo")),
];

/// The inputs that only BuildAndPushGAR and BuildAndPushGCR have.
#[rustfmt::skip]
pub(crate) const GOOGLE: &[Row<BuildAndPushSpec>] = &[
    row("connectorRef",             [R, R, R, R, R], "required (push.gar-connector)", |_, s| text(&s.connector_ref)),
    row("host",                     [R, R, R, R, R], "required (push.gar-host)", |_, s| target(s, "host")),
    row("projectID",                [R, R, R, R, R], "required (push.gar-project)", |_, s| target(s, "projectID")),
    row("imageName",                [R, R, R, R, R], "required (push.gar-image-name)", |_, s| target(s, "imageName")),
];

/// The inputs that only BuildAndPushACR has.
#[rustfmt::skip]
pub(crate) const ACR: &[Row<BuildAndPushSpec>] = &[
    row("connectorRef",             [R, R, R, R, R], "required (push.acr-connector)", |_, s| text(&s.connector_ref)),
    row("repository",               [R, R, R, R, R], "required (push.acr-repository)", |_, s| target(s, "repository")),
    row("subscriptionId",           [A, A, A, A, A], "push.acr-subscription", |_, s| target(s, "subscriptionId")),
];

/// The inputs that all of them have.
#[rustfmt::skip]
pub(crate) const COMMON: &[Row<BuildAndPushSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("identifier",               [R, R, R, R, R], "required (ecr.identifier)", |step, _| reported_by_parser(step)),
    row("name",                     [R, R, R, R, R], "required (ecr.name)", |step, _| text(&step.name)),
    row("tags",                     [R, R, R, R, R], "required (ecr.tags)", |_, s| list(&s.tags)),
    row("caching",                  [A, A, A, A, A], "ecr.caching", |_, s| flag(&s.caching)),
    row("baseImageConnectorRefs",   [A, A, A, A, A], "ecr.base-image", |_, s| list(&s.base_image_connector_refs)),
    row("optimize",                 [A, A, I, I, I], "only on Kubernetes, where Kaniko takes snapshots (ecr.optimize)", |_, s| flag(&s.optimize)),
    row("dockerfile",               [A, A, A, A, A], "ecr.dockerfile", |_, s| text(&s.dockerfile)),
    row("context",                  [A, A, A, A, A], "ecr.context", |_, s| text(&s.context)),
    row("labels",                   [A, A, A, A, A], "ecr.labels", |_, s| map(&s.labels)),
    row("buildArgs",                [A, A, A, A, A], "ecr.build-args", |_, s| map(&s.build_args)),
    row("target",                   [A, A, A, A, A], "ecr.target", |_, s| text(&s.target_stage)),
    row("remoteCacheImage",         [A, A, I, I, I], "only on Kubernetes (ecr.remote-cache)", |_, s| text(&s.remote_cache_image)),
    row("envVariables",             [A, A, A, A, A], "ecr.env", |_, s| map(&s.env_variables)),
    row("runAsUser",                [A, H, A, H, H], "from YAML it has its effect (ecr.run-as-user)", |_, s| text(&s.run_as_user)),
    row("resources.limits.memory",  [A, A, I, I, I], "only on Kubernetes (ecr.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "only on Kubernetes (ecr.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("timeout",                  [A, A, A, A, A], "ecr.timeout", |step, _| text(&step.timeout)),
    row("cacheFrom",                [A, A, A, A, A], "ecr.cache-from", |_, s| list(&s.cache_from)),
    row("cacheTo",                  [A, A, A, A, A], "ecr.cache-to", |_, s| text(&s.cache_to)),
    row("envDockerSecrets",         [A, A, A, A, A], "ecr.env-secrets", |_, s| map(&s.env_docker_secrets)),
    row("fileDockerSecrets",        [A, A, A, A, A], "ecr.file-secrets", |_, s| map(&s.file_docker_secrets)),
    row("privileged",               [I, I, I, I, I], "no such input, and no variable of the plugin is made of it (ecr.no-such-input)", |_, s| true_flag(&s.privileged)),
    row("imagePullPolicy",          [I, I, I, I, I], "no such input, and no variable of the plugin is made of it (ecr.no-such-input)", |_, s| text(&s.image_pull_policy)),
    row("retry",                    [A, A, A, A, A], "ecr.retry", |_, s| int(&s.retry)),
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
