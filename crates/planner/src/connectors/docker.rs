//! The registry and the login of a Docker connector (connectors.docker, images.docker-hub).

use cirun_diagnostics::{Span, codes::plan as codes, unknown_word};
use cirun_image_ref::{DOCKER_HUB_INDEX, RegistryUrl};
use cirun_parser::{
    Text,
    model::{Connector, DockerAuth, DockerConnector},
};
use cirun_plan::{Cause, Origin, RegistryPassword, Secret, Text as PlanText, Traced};

use super::{Named, chained};
use crate::{
    env::Env,
    scope::{Ctx, given},
};

/// The values of `providerType` (connectors.docker-provider).
const PROVIDER_TYPES: [&str; 4] = ["DockerHub", "Harbor", "Quay", "Other"];

const LOGIN_NEEDS: &str = "`UsernamePassword` needs it (connectors.docker-login)";

/// The settings of a Docker connector.
pub(crate) struct DockerRegistry {
    pub(crate) url: Traced<String>,
    pub(crate) url_span: Span,
    pub(crate) address: RegistryUrl,
    pub(crate) credentials: Option<DockerLogin>,
}

/// The user and password of a Docker connector.
pub(crate) struct DockerLogin {
    pub(crate) user: Traced<PlanText>,
    pub(crate) password: Traced<Secret>,
}

impl DockerRegistry {
    /// The credentials in the engine's form.
    pub(crate) fn auth(&self) -> Option<RegistryPassword> {
        let credentials = self.credentials.as_ref()?;
        let username = credentials.user.value.exposed()?.to_owned();
        let registry =
            if self.address.is_never_prefixed() { DOCKER_HUB_INDEX.to_owned() } else { self.address.host.clone() };
        Some(RegistryPassword { registry, username, password: credentials.password.value.clone() })
    }
}

impl Ctx<'_> {
    /// The registry of a Docker connector and its credentials; checks the required fields.
    pub(crate) fn docker_registry(&self, named: &Named<'_>, docker: &DockerConnector) -> Option<DockerRegistry> {
        let connector = named.connector;
        match given(docker.provider_type.as_ref()) {
            Some(field) => self.check_provider_type(field),
            None => self.connector_lacks(connector, "providerType", "a Docker connector needs it (connectors.docker)"),
        }
        if docker.auth.is_none() {
            self.connector_lacks(connector, "auth", "a Docker connector needs it (connectors.docker)");
        }
        let Some(url_field) = given(docker.url.as_ref()) else {
            self.connector_lacks(connector, "dockerRegistryUrl", "a Docker connector needs it (connectors.docker)");
            return None;
        };
        let url = self.known(url_field, "`dockerRegistryUrl`")?;
        let Some(address) = RegistryUrl::parse(&url.value) else {
            self.notes.report(
                codes::MALFORMED_REGISTRY_URL
                    .says(format!("`{}` is not the URL of a registry", url.value))
                    .at(url_field.span, "a URL without scheme is refused (connectors.docker-url)")
                    .help("write it with its scheme, such as `https://registry.example.com`"),
            );
            return None;
        };
        let credentials = match &docker.auth {
            None | Some(DockerAuth::Anonymous | DockerAuth::Unknown) => None,
            Some(DockerAuth::UsernamePassword { username, username_ref, password_ref, span }) => {
                let user = self.user(named, username.as_ref(), username_ref.as_ref(), *span);
                let password = self.password(named, password_ref.as_ref(), *span);
                user.zip(password).map(|(user, password)| DockerLogin { user, password })
            }
        };
        Some(DockerRegistry { url, url_span: url_field.span, address, credentials })
    }

    fn check_provider_type(&self, field: &Text) {
        let Some(word) = self.known(field, "`providerType`") else { return };
        if !PROVIDER_TYPES.contains(&word.value.as_str()) {
            let what = ["type of registry", "type"];
            self.notes.report(unknown_word(what, &word.value, field.span, &PROVIDER_TYPES));
        }
    }

    fn user(
        &self,
        named: &Named<'_>,
        username: Option<&Text>,
        username_ref: Option<&Text>,
        span: Span,
    ) -> Option<Traced<PlanText>> {
        match (given(username), given(username_ref)) {
            (Some(field), _) => {
                let text = self.text(field);
                Some(Traced::new(text.value, self.of_connector(named, "auth.spec.username", field.span)))
            }
            (None, Some(field)) => self.secret_ref(field).map(|secret| {
                let origin = chained(self.of_connector(named, "auth.spec.usernameRef", field.span), &secret.origin);
                Traced::new(PlanText::Secret(secret.value), origin)
            }),
            (None, None) => {
                self.lacks(named, "username` or `usernameRef", LOGIN_NEEDS, span);
                None
            }
        }
    }

    fn password(&self, named: &Named<'_>, password_ref: Option<&Text>, span: Span) -> Option<Traced<Secret>> {
        match given(password_ref) {
            Some(field) => self.secret_ref(field).map(|secret| {
                let origin = chained(self.of_connector(named, "auth.spec.passwordRef", field.span), &secret.origin);
                Traced::new(secret.value, origin)
            }),
            None => {
                self.lacks(named, "passwordRef", LOGIN_NEEDS, span);
                None
            }
        }
    }

    fn connector_lacks(&self, connector: &Connector, field: &str, rule: &str) {
        self.notes.report(
            codes::INCOMPLETE_CONNECTOR
                .says(format!("the connector `{}` has no `{field}`", connector.identifier.value))
                .at(connector.identifier.span, rule)
                .help(format!("add `{field}` to the connector's `spec`")),
        );
    }
}

/// The names of the variables for a Docker registry, and their rule in the reference.
pub(crate) struct DockerVariables {
    pub(crate) registry: &'static str,
    pub(crate) username: &'static str,
    pub(crate) password: &'static str,
    pub(crate) rule: &'static str,
}

impl DockerVariables {
    /// Sets them from a Docker connector.
    pub(crate) fn set_login(&self, ctx: &Ctx<'_>, named: &Named<'_>, docker: &DockerConnector, env: &mut Env) {
        let Some(registry) = ctx.docker_registry(named, docker) else { return };
        let url =
            if registry.address.is_never_prefixed() { DOCKER_HUB_INDEX.to_owned() } else { registry.url.value.clone() };
        let mapped = |value, origin: Origin| Traced::new(value, origin.then(Cause::Mapping { rule: self.rule }));
        let origin = ctx.of_connector(named, "dockerRegistryUrl", registry.url_span);
        env.set(self.registry, mapped(PlanText::Known(url), origin));
        if let Some(given) = registry.credentials {
            env.set(self.username, mapped(given.user.value, given.user.origin));
            env.set(self.password, mapped(PlanText::Secret(given.password.value), given.password.origin));
        }
    }

    /// Sets the registry to Docker Hub, for the connector of every account.
    pub(crate) fn set_docker_hub(&self, id: &Traced<String>, env: &mut Env) {
        let origin = id.origin.clone().then(Cause::Mapping { rule: self.rule });
        env.set(self.registry, Traced::new(PlanText::from(DOCKER_HUB_INDEX), origin));
    }
}
