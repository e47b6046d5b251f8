//! The target of a push: registry, repository and tags (ecr.registry, push.docker-repo, push.gar-host,
//! push.acr-repository).

use cirun_diagnostics::codes::plan as codes;
use cirun_image_ref::{DOCKER_HUB, EcrRegistry, RegistryUrl, Repository, canonical_registry};
use cirun_parser::{
    Text,
    model::{AcrTarget, BuildTarget, DockerAuth, DockerTarget, EcrTarget, GoogleTarget},
};
use cirun_plan::{Cause, Origin, Text as PlanText, Traced};

use super::{BuildCtx, Pushed, plugins::Builder};
use crate::{
    connectors::{Connection, as_docker},
    env::Env,
    targets::Access,
};

/// The variables that name the registry, and what is known about it.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) env: Env,
    /// The account and region, if it is a private ECR registry and known.
    pub(crate) ecr: Option<EcrRegistry>,
    /// How the step logs in.
    pub(crate) access: Access,
    /// The references that are pushed.
    pub(crate) pushed: Pushed,
}

/// Decides the registry.
pub(crate) fn of(build: &BuildCtx<'_, '_>) -> Registry {
    let mut registry = Registry::default();
    if let Connection::Assumed(_) = build.connection {
        registry.access = Access::Assumed;
    }
    let (host, repository) = match &build.spec.target {
        BuildTarget::Ecr(target) => ecr(build, &mut registry, target),
        BuildTarget::Docker(target) => docker(build, &mut registry, target.repo.as_ref()),
        BuildTarget::Gar(target) | BuildTarget::Gcr(target) => google(build, &mut registry, target),
        BuildTarget::Acr(target) => acr(build, &mut registry, target),
    };
    let ctx = &build.at.ctx;
    let tags = build.spec.tags.as_ref().map(|tags| ctx.list(tags)).unwrap_or_default();
    registry.pushed = tags.iter().map(|tag| format!("{host}/{repository}:{}", tag.value.shown())).collect();
    registry
}

impl Registry {
    /// Uses the registry in the step's own variables, if they override the fields.
    pub(crate) fn override_by(&mut self, user: &Env) {
        if let Some(var) = user.get("PLUGIN_REGISTRY") {
            self.ecr = var.value.value.exposed().and_then(EcrRegistry::parse);
        }
    }
}

/// `PLUGIN_REGISTRY`, `PLUGIN_REPO` and `PLUGIN_REGION` of BuildAndPushECR.
fn ecr(build: &BuildCtx<'_, '_>, registry: &mut Registry, target: &EcrTarget) -> (String, String) {
    let ctx = &build.at.ctx;
    let given = |field: &Option<Text>| ctx.given_text(field.as_ref());
    let (region, account, name) = (given(&target.region), given(&target.account), given(&target.image_name));
    let mut shown = (String::new(), String::new());
    if let (Some(account), Some(region)) = (account, &region) {
        let host = account.value.followed_by(".dkr.ecr.").followed_by_text(region.value.clone());
        let host = host.followed_by(".amazonaws.com");
        registry.ecr = host.exposed().and_then(EcrRegistry::parse);
        shown.0 = host.shown();
        let rule = "ecr.registry";
        mapped(&mut registry.env, "PLUGIN_REGISTRY", host, account.origin, rule);
    }
    if let Some(name) = name {
        let written = name.value.shown();
        in_registry(build.builder, &shown.0, &written).clone_into(&mut shown.1);
        if build.builder == Builder::Kaniko && starts_with_host(&shown.0, &written) {
            report_registry_twice(build, &shown.0, &written);
        }
        mapped(&mut registry.env, "PLUGIN_REPO", name.value, name.origin, "ecr.image-name");
    }
    if let Some(region) = region {
        mapped(&mut registry.env, "PLUGIN_REGION", region.value, region.origin, "ecr.region");
    }
    shown
}

/// The repository in the registry for a name in `PLUGIN_REPO`: kaniko-ecr puts the registry before every name, the
/// others only before one that does not begin with it (ecr.image-name).
pub(super) fn in_registry<'n>(builder: Builder, host: &str, name: &'n str) -> &'n str {
    match builder {
        Builder::Kaniko => name,
        Builder::Buildx | Builder::Docker if starts_with_host(host, name) => &name[host.len() + 1..],
        Builder::Buildx | Builder::Docker => name,
    }
}

pub(super) fn starts_with_host(host: &str, name: &str) -> bool {
    !host.is_empty() && name.strip_prefix(host).is_some_and(|rest| rest.starts_with('/'))
}

fn report_registry_twice(build: &BuildCtx<'_, '_>, host: &str, name: &str) {
    let BuildTarget::Ecr(EcrTarget { image_name: Some(field), .. }) = &build.spec.target else { return };
    build.at.ctx.notes.report(
        codes::REGISTRY_TWICE
            .says(format!("kaniko-ecr pushes to `{host}/{name}`"))
            .at(field.span, "`account` and `region` name the registry already")
            .help("write the repository only"),
    );
}

/// `PLUGIN_REPO` of BuildAndPushDockerRegistry; its registry comes from the connector.
fn docker(build: &BuildCtx<'_, '_>, registry: &mut Registry, repo: Option<&Text>) -> (String, String) {
    let ctx = &build.at.ctx;
    let Some(repo) = ctx.given_text(repo) else { return (String::new(), String::new()) };
    let shown = repo.value.shown();
    mapped(&mut registry.env, "PLUGIN_REPO", repo.value, repo.origin, "push.docker-repo");
    let pushed = Repository::as_written(&shown);
    let named = match &build.connection {
        Connection::Found(named) => Some(named),
        Connection::HarnessImages(_) => {
            registry.access = Access::Anonymous;
            None
        }
        Connection::Assumed(_) | Connection::Absent => None,
    };
    if let Some(docker) = named.and_then(|named| as_docker(named.connector)) {
        if matches!(docker.auth, None | Some(DockerAuth::Anonymous | DockerAuth::Unknown)) {
            registry.access = Access::Anonymous;
        }
        let address = ctx.given_text(docker.url.as_ref()).and_then(|url| RegistryUrl::parse(&url.value.shown()));
        if let Some(address) = address {
            let login = canonical_registry(&address.host);
            if login != pushed.registry && pushed.registry == DOCKER_HUB {
                report_no_registry(build, &login, &shown);
            }
        }
    }
    (pushed.registry, pushed.path)
}

fn report_no_registry(build: &BuildCtx<'_, '_>, login: &str, repo: &str) {
    let BuildTarget::Docker(DockerTarget { repo: Some(field), .. }) = &build.spec.target else { return };
    build.at.ctx.notes.report(
        codes::REPO_WITHOUT_REGISTRY
            .says(format!("`repo: {repo}` is pushed to Docker Hub, not to {login}"))
            .at(field.span, "the plugins push to this name as written: it has no registry")
            .help(format!("write `repo: {login}/{repo}`")),
    );
}

/// `PLUGIN_REGISTRY` = `<host>/<project>` and `PLUGIN_REPO` of BuildAndPushGAR and BuildAndPushGCR.
fn google(build: &BuildCtx<'_, '_>, registry: &mut Registry, target: &GoogleTarget) -> (String, String) {
    let ctx = &build.at.ctx;
    let given = |field: &Option<Text>| ctx.given_text(field.as_ref());
    let (Some(host), Some(project), Some(name)) =
        (given(&target.host), given(&target.project_id), given(&target.image_name))
    else {
        return (String::new(), String::new());
    };
    let shown = (host.value.shown(), format!("{}/{}", project.value.shown(), name.value.shown()));
    let address = host.value.followed_by("/").followed_by_text(project.value);
    let rule = "push.gar-host";
    mapped(&mut registry.env, "PLUGIN_REGISTRY", address, host.origin, rule);
    mapped(&mut registry.env, "PLUGIN_REPO", name.value, name.origin, "push.gar-image-name");
    shown
}

/// `PLUGIN_REGISTRY` = the part before the slash, `PLUGIN_REPO` = all of it (push.acr-repository).
fn acr(build: &BuildCtx<'_, '_>, registry: &mut Registry, target: &AcrTarget) -> (String, String) {
    let ctx = &build.at.ctx;
    let Some(repository) = ctx.given_text(target.repository.as_ref()) else { return (String::new(), String::new()) };
    let shown = repository.value.shown();
    let (host, path) = shown.split_once('/').unwrap_or((&shown, ""));
    let rule = "push.acr-repository";
    mapped(&mut registry.env, "PLUGIN_REGISTRY", PlanText::from(host), repository.origin.clone(), rule);
    mapped(&mut registry.env, "PLUGIN_REPO", repository.value, repository.origin, "push.acr-repository");
    if let Some(id) = ctx.given_text(target.subscription_id.as_ref()) {
        mapped(&mut registry.env, "SUBSCRIPTION_ID", id.value, id.origin, "push.acr-subscription");
    }
    (host.to_owned(), path.to_owned())
}

fn mapped(env: &mut Env, variable: &str, value: PlanText, origin: Origin, rule: &'static str) {
    env.set(variable, Traced::new(value, origin.then(Cause::Mapping { rule })));
}
