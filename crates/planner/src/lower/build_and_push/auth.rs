//! The variables from the connector of a build-and-push step.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_image_ref::{DOCKER_HUB_INDEX, login_address};
use cirun_parser::{
    Text, TextList,
    model::{BuildTarget, ConnectorSpec, DockerConnector},
};
use cirun_plan::{Cause, Origin, Text as PlanText, Traced};

use super::{BuildCtx, aws_auth, aws_auth::LocalNeed, azure_auth, google_auth};
use crate::{
    connectors::{Connection, ConnectorKind, Named, chained},
    env::Env,
    inputs::PushMode,
    scope::Ctx,
};

/// The variables of a connector, and what cirun must add on a user's machine.
#[derive(Default)]
pub(crate) struct Credentials {
    /// Set before the step's own variables, which can override them (environment.secrets-last).
    pub(crate) before: Env,
    /// Decrypted last; they override everything that the user wrote (environment.secrets-last).
    pub(crate) after: Env,
    pub(crate) need: LocalNeed,
    pub(crate) connector: Option<Traced<String>>,
}

/// The type of connector for a push.
pub(super) fn kind(target: &BuildTarget) -> ConnectorKind {
    match target {
        BuildTarget::Ecr { .. } => ConnectorKind::Aws,
        BuildTarget::Docker { .. } => ConnectorKind::Docker,
        BuildTarget::Gar { .. } | BuildTarget::Gcr { .. } => ConnectorKind::Gcp,
        BuildTarget::Acr { .. } => ConnectorKind::Azure,
    }
}

/// Resolves the credentials of a step.
pub(crate) fn of(build: &BuildCtx<'_, '_>) -> Credentials {
    let named = match &build.connection {
        Connection::Absent => return Credentials::default(),
        Connection::Found(named) => named,
        Connection::HarnessImages(id) => {
            let mut credentials = Credentials { connector: Some(id.clone()), ..Credentials::default() };
            set_docker_hub(id, &mut credentials.after, DOCKER[0], DOCKER_RULE);
            return credentials;
        }
        Connection::Assumed(id) => return assumed(build, id),
    };
    let mut credentials = match (&build.spec.target, &named.connector.spec) {
        (BuildTarget::Ecr { .. }, ConnectorSpec::Aws(aws)) => aws_auth::of(build, named, aws),
        (BuildTarget::Docker { .. }, ConnectorSpec::Docker(spec)) => docker(build, named, spec),
        (BuildTarget::Gar { .. } | BuildTarget::Gcr { .. }, ConnectorSpec::Gcp(gcp)) => {
            google_auth::variables(&build.at.ctx, named, gcp)
        }
        (BuildTarget::Acr { .. }, ConnectorSpec::Azure(azure)) => azure_auth::variables(&build.at.ctx, named, azure),
        (target, _) => {
            build.at.ctx.wrong_connector_type(named, kind(target).word(), &build.at.step.kind.value);
            Credentials::default()
        }
    };
    credentials.connector = Some(named.id.clone());
    credentials
}

/// The substitute for a connector that is in no file. It is never a real login.
fn assumed(build: &BuildCtx<'_, '_>, id: &Traced<String>) -> Credentials {
    let mut credentials = Credentials { connector: Some(id.clone()), ..Credentials::default() };
    let stays_here = build.at.ctx.inputs.push == PushMode::Local;
    match &build.spec.target {
        BuildTarget::Ecr { .. } => credentials.need = aws_auth::assumed(build.spec.connector_ref.as_ref()),
        BuildTarget::Docker { repo, .. } => {
            let repo = build.at.ctx.given_text(repo.as_ref()).filter(|repo| !repo.value.is_deferred());
            if let Some(repo) = repo {
                let registry = login_address(&repo.value.shown());
                let origin =
                    repo.origin.then(Cause::Local("assumed as the registry of a connector that is in no file"));
                credentials.before.set(DOCKER[0], Traced::new(PlanText::Known(registry), origin));
            }
        }
        // If pushes stay here, the local sign-in accepts it. No substitute is sent to a real service.
        BuildTarget::Acr { .. } | BuildTarget::Gar { .. } | BuildTarget::Gcr { .. } if !stays_here => {}
        BuildTarget::Acr { .. } => azure_auth::stand_in(&mut credentials.before),
        BuildTarget::Gar { .. } | BuildTarget::Gcr { .. } => google_auth::stand_in(&mut credentials.before),
    }
    credentials
}

/// The registry, user and password of the Docker plugins.
const DOCKER: [&str; 3] = ["PLUGIN_REGISTRY", "PLUGIN_USERNAME", "PLUGIN_PASSWORD"];
const DOCKER_RULE: &str = "push.docker-login";

/// `PLUGIN_REGISTRY`, and user and password unless the connector is anonymous (push.docker-login).
fn docker(build: &BuildCtx<'_, '_>, named: &Named<'_>, docker: &DockerConnector) -> Credentials {
    let mut credentials = Credentials::default();
    set_docker_login(&build.at.ctx, named, docker, &mut credentials.after, DOCKER, DOCKER_RULE);
    credentials
}

/// Sets the variables of registry, user and password from a Docker connector.
pub(crate) fn set_docker_login(
    ctx: &Ctx<'_>,
    named: &Named<'_>,
    docker: &DockerConnector,
    env: &mut Env,
    [address, username, password]: [&str; 3],
    rule: &'static str,
) {
    let Some(registry) = ctx.docker_registry(named, docker) else { return };
    let url =
        if registry.address.is_never_prefixed() { DOCKER_HUB_INDEX.to_owned() } else { registry.url.value.clone() };
    let origin = ctx.of_connector(named, "dockerRegistryUrl", registry.url_span).then(Cause::Mapping { rule });
    env.set(address, Traced::new(PlanText::Known(url), origin));
    if let Some(given) = registry.credentials {
        let mapped = |value, origin: Origin| Traced::new(value, origin.then(Cause::Mapping { rule }));
        env.set(username, mapped(given.user.value, given.user.origin));
        env.set(password, mapped(PlanText::Secret(given.password.value), given.password.origin));
    }
}

/// Sets the variable of the registry to Docker Hub, for the connector of every account.
pub(crate) fn set_docker_hub(id: &Traced<String>, env: &mut Env, address: &str, rule: &'static str) {
    let origin = id.origin.clone().then(Cause::Mapping { rule });
    env.set(address, Traced::new(PlanText::from(DOCKER_HUB_INDEX), origin));
}

/// Sets a variable to a field of a connector.
pub(crate) fn set(
    ctx: &Ctx<'_>,
    named: &Named<'_>,
    env: &mut Env,
    variable: &str,
    (field, span): (&'static str, Span),
    value: PlanText,
    rule: &'static str,
) {
    let origin = ctx.of_connector(named, field, span).then(Cause::Mapping { rule });
    env.set(variable, Traced::new(value, origin));
}

/// Sets a variable to the secret that a field of a connector names.
pub(crate) fn set_secret(
    ctx: &Ctx<'_>,
    named: &Named<'_>,
    env: &mut Env,
    variable: &str,
    (field, span): (&'static str, Span),
    reference: &Text,
    rule: &'static str,
) {
    let Some(secret) = ctx.secret_ref(reference) else { return };
    let origin = chained(ctx.of_connector(named, field, span), &secret.origin).then(Cause::Mapping { rule });
    env.set(variable, Traced::new(PlanText::Secret(secret.value), origin));
}

/// Sets `PLUGIN_OIDC_TOKEN_ID` to the token in place of the CI service's.
pub(crate) fn set_oidc_token(ctx: &Ctx<'_>, named: &Named<'_>, env: &mut Env, rule: &'static str) {
    match &ctx.inputs.aws.oidc_token {
        Some(token) => {
            ctx.notes.secret(&token.value);
            let origin = Origin::new(Cause::Setting(token.given_by.clone())).then(Cause::Mapping { rule });
            env.set("PLUGIN_OIDC_TOKEN_ID", Traced::new(PlanText::Secret(token.value.clone()), origin));
        }
        None => ctx.notes.report(
            codes::MISSING_OIDC_TOKEN
                .says("there is no OIDC token in place of the CI service's")
                .at(named.span, "this connector signs in with OIDC")
                .help(
                    "pass one with `--oidc-token-file FILE`, `CIRUN_OIDC_TOKEN` or the setting `oidc-token-command`, \
                     or use `--aws emulated`",
                ),
        ),
    }
}

/// Reports a connector without `delegateSelectors`.
pub(crate) fn selectors(ctx: &Ctx<'_>, named: &Named<'_>, (list, span): (Option<&TextList>, Span), rule: &str) {
    if list.is_none_or(|list| ctx.list(list).is_empty()) {
        ctx.lacks(named, "delegateSelectors", rule, span);
    }
}

/// Reports that there is no substitute for the delegate's identity in this cloud.
pub(crate) fn no_delegate(ctx: &Ctx<'_>, named: &Named<'_>, rule: &str) {
    ctx.notes.report(
        codes::NO_DELEGATE_IDENTITY
            .says("in CI the delegate's identity signs in; here the plugin has none")
            .at(named.span, rule)
            .help("set the plugin's credentials in `envVariables`, or add another connector with `--include`"),
    );
}
