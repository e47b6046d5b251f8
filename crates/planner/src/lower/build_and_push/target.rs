//! The final target of a push: by the step's final variables, because the user's own may redirect the push.

use cirun_image_ref::{
    DOCKER_HUB, EcrRegistry, Locality, Repository, canonical_registry, is_docker_hub, registry_of, split_address,
};
use cirun_parser::model::BuildTarget;
use cirun_plan::{Environment, Text, Traced, cache_repositories};

use super::{
    BuildCtx, buildkit,
    plugins::Builder,
    registry::{Registry, in_registry},
};
use crate::{
    connectors::aws_login,
    targets::{Decided, RegistryTarget},
};

/// A host and the rest of a name.
struct Located {
    host: String,
    decided: Decided,
    path: String,
}

/// The registry and repository in the step's variables.
pub(super) fn of(
    build: &BuildCtx<'_, '_>,
    registry: &Registry,
    connector: Option<&Traced<String>>,
    env: &Environment,
) -> RegistryTarget {
    let located = located(build, env);
    let services = build.at.services.borrow();
    let locality = |host: &str| Locality::of(host, services.iter().map(String::as_str));
    let is_another = |host: &String| {
        let is_known = canonical_registry(host) == canonical_registry(&located.host);
        !is_known && !host.is_empty() && !locality(host).is_local()
    };
    let login_host = login_host(env).filter(is_another);
    let caches = caches(build, env).into_iter().filter(is_another).collect();
    let ecr = EcrRegistry::parse(&located.host).filter(|_| located.decided == Decided::BeforeRun);
    let connector = connector.map(|id| id.value.as_str());
    RegistryTarget {
        step: build.at.place.path.clone(),
        locality: match located.decided {
            Decided::BeforeRun => locality(&located.host),
            Decided::WhileRunning => Locality::Elsewhere,
        },
        login: ecr.as_ref().and_then(|_| aws_login::of_variables(connector, |name| env.get(name))),
        ecr,
        host: located.host,
        decided: located.decided,
        repository: located.path,
        login_host,
        caches,
        access: registry.access,
        buildkit_apart: buildkit::is_apart(build.builder, |name| env.get(name)),
    }
}

fn located(build: &BuildCtx<'_, '_>, env: &Environment) -> Located {
    let set = |name: &str| env.get(name).map(|var| &var.value.value);
    let nowhere = || Located { host: String::new(), decided: Decided::BeforeRun, path: String::new() };
    let registry = || set("PLUGIN_REGISTRY").map_or_else(nowhere, address);
    let repository = set("PLUGIN_REPO");
    match build.spec.target {
        BuildTarget::Ecr(_) => {
            let registry = registry();
            let name = repository.map(text).unwrap_or_default();
            let path = in_registry(build.builder, &registry.host, &name);
            Located { path: below(&registry.path, path), ..registry }
        }
        BuildTarget::Gar(_) | BuildTarget::Gcr(_) => {
            let registry = registry();
            Located { path: below(&registry.path, &repository.map(text).unwrap_or_default()), ..registry }
        }
        BuildTarget::Docker(_) | BuildTarget::Acr(_) => repository.map_or_else(nowhere, name),
    }
}

/// The registry that the plugin logs in to.
fn login_host(env: &Environment) -> Option<String> {
    let registry = env.get("PLUGIN_REGISTRY").map(|var| address(&var.value.value));
    let known = registry.filter(|registry| registry.decided == Decided::BeforeRun && !registry.host.is_empty());
    known.map(|registry| if is_docker_hub(&registry.host) { DOCKER_HUB.to_owned() } else { registry.host })
}

/// The registries to which the plugin writes a cache: kaniko for ECR and Google's registries writes it next to the
/// image.
fn caches(build: &BuildCtx<'_, '_>, env: &Environment) -> Vec<String> {
    let known = |name: &str| env.get(name).and_then(|var| var.value.value.exposed()).unwrap_or_default();
    let host = |reference: &str| registry_of(reference).to_owned();
    match (build.builder, &build.spec.target) {
        (Builder::Buildx, _) => cache_repositories(known("PLUGIN_CACHE_TO")).map(host).collect(),
        (Builder::Kaniko, BuildTarget::Docker(_) | BuildTarget::Acr(_)) => {
            Some(known("PLUGIN_CACHE_REPO")).filter(|name| !name.is_empty()).map(host).into_iter().collect()
        }
        (Builder::Kaniko, BuildTarget::Ecr(_) | BuildTarget::Gar(_) | BuildTarget::Gcr(_)) | (Builder::Docker, _) => {
            Vec::new()
        }
    }
}

/// Splits a registry's address, with or without a scheme, and the path after it.
fn address(value: &Text) -> Located {
    let whole = text(value);
    let (host, path) = split_address(&whole);
    let decided = match value {
        Text::Deferred(pieces) => {
            let beginning = pieces.beginning();
            let beginning = beginning.split_once("://").map_or(beginning, |(_, bare)| bare);
            decided_by(beginning)
        }
        Text::Known(_) | Text::Secret(_) => Decided::BeforeRun,
    };
    Located { host: host.to_owned(), decided, path: path.to_owned() }
}

/// Splits a repository's name; without a registry it is on Docker Hub.
fn name(value: &Text) -> Located {
    let whole = text(value);
    let decided = match value {
        Text::Deferred(pieces) => decided_by(pieces.beginning()),
        Text::Known(_) | Text::Secret(_) => Decided::BeforeRun,
    };
    let Repository { registry, path } = Repository::as_written(&whole);
    Located { host: registry, decided, path }
}

/// Whether the beginning of a text contains the whole host.
fn decided_by(beginning: &str) -> Decided {
    if beginning.contains('/') { Decided::BeforeRun } else { Decided::WhileRunning }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// A text as far as it is known; expressions stay as written.
fn text(text: &Text) -> String {
    match text {
        Text::Known(text) => text.clone(),
        Text::Secret(secret) => secret.expose().to_owned(),
        Text::Deferred(pieces) => pieces.shown(),
    }
}
