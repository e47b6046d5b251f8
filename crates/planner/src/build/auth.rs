//! What the connector of a build-and-push step gives its plugin.

use cirun_parser::{
    Diagnostic,
    model::{BuildTarget, ConnectorSpec},
};
use cirun_plan::{Cause, Text as PlanText, Traced};

use super::{
    BuildCtx,
    aws_auth::{self, LocalNeed},
};
use crate::{
    connectors::{Named, as_docker},
    env::Env,
};

/// The variables of a connector, and what a laptop lacks beside them.
#[derive(Default)]
pub(crate) struct Credentials {
    /// Merged before the step's own variables, which can override them (seed 002, Phase 3: OIDC).
    pub(crate) before: Env,
    /// Decrypted last, over everything that the user wrote (harness-runtime.md 2.1).
    pub(crate) after: Env,
    pub(crate) need: LocalNeed,
    pub(crate) connector: Option<Traced<String>>,
}

/// Resolves the credentials of a step.
pub(crate) fn of(build: &BuildCtx<'_, '_>) -> Credentials {
    let ctx = &build.at.ctx;
    let Some(named) = ctx.connector(build.spec.connector_ref.as_ref()) else { return Credentials::default() };
    let mut credentials = match (&build.spec.target, &named.connector.spec) {
        (BuildTarget::Ecr { .. }, ConnectorSpec::Aws(aws)) => aws_auth::of(build, &named, aws),
        (BuildTarget::Docker { .. }, ConnectorSpec::Docker(_)) => docker(build, &named),
        (BuildTarget::Ecr { .. }, _) => wrong_type(build, &named, "Aws"),
        (BuildTarget::Docker { .. }, _) => wrong_type(build, &named, "DockerRegistry"),
        (BuildTarget::Gar { .. } | BuildTarget::Gcr { .. }, _) => unread(build, &named, "Gcp"),
        (BuildTarget::Acr { .. }, _) => unread(build, &named, "Azure"),
    };
    credentials.connector = Some(named.id);
    credentials
}

/// `PLUGIN_REGISTRY`, and user and password unless the connector is anonymous (BuildAndPushDockerRegistry, Auth Flow
/// Matrix).
fn docker(build: &BuildCtx<'_, '_>, named: &Named<'_>) -> Credentials {
    let ctx = &build.at.ctx;
    let mut credentials = Credentials::default();
    let Some(registry) = as_docker(named.connector).and_then(|docker| ctx.docker_registry(named, docker)) else {
        return credentials;
    };
    let rule = "BuildAndPushDockerRegistry, Auth Flow Matrix";
    let url = if registry.address.is_docker_hub() { DOCKER_HUB.to_owned() } else { registry.url.value.clone() };
    let origin = ctx.of_connector(named, "dockerRegistryUrl", registry.url_span).then(Cause::Mapping { rule });
    credentials.after.set("PLUGIN_REGISTRY", Traced::new(PlanText::Known(url), origin));
    if let Some(given) = registry.credentials {
        let mapped = |value, origin: cirun_plan::Origin| Traced::new(value, origin.then(Cause::Mapping { rule }));
        credentials.after.set("PLUGIN_USERNAME", mapped(given.user.value, given.user.origin));
        let password = PlanText::Secret(given.password.value);
        credentials.after.set("PLUGIN_PASSWORD", mapped(password, given.password.origin));
    }
    credentials
}

/// The index that stands for Docker Hub, whatever the version in the URL (harness-runtime.md 5).
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

fn wrong_type(build: &BuildCtx<'_, '_>, named: &Named<'_>, wanted: &str) -> Credentials {
    build.at.ctx.notes.report(
        Diagnostic::error(
            "wrong-connector-type",
            format!("`{}` is not a connector of type `{wanted}`", named.connector.identifier.value),
        )
        .at(named.span, format!("a `{}` step needs one", build.at.step.kind.value))
        .at(named.connector.identifier.span, "defined here"),
    );
    Credentials::default()
}

fn unread(build: &BuildCtx<'_, '_>, named: &Named<'_>, wanted: &str) -> Credentials {
    build.at.ctx.notes.report(
        Diagnostic::parity(
            "connector-not-read",
            format!("the credentials of a `{wanted}` connector are not passed on: CI passes them to the plugin"),
        )
        .at(named.span, "this connector")
        .help("give the plugin its credentials in `envVariables`"),
    );
    Credentials::default()
}
