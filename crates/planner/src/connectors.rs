//! Connectors by reference, and what they give for pulling an image (seed 000, Phase 2; harness-runtime.md 5).

use cirun_image_ref::DOCKER_HUB_INDEX;
use cirun_parser::{
    Diagnostic, Severity, Span, Text,
    model::{Connector, ConnectorSpec, DockerAuth, DockerConnector},
};
use cirun_plan::{Cause, Origin, RegistryPassword, Text as PlanText, Traced};

use crate::{
    resolve::{Ctx, given},
    secrets::without_scope,
    suggest::{nearest, unknown_word},
};

/// The connector that every account has: anonymous Docker Hub.
const HARNESS_IMAGES: &str = "account.harnessImage";

/// The words of `providerType` (harness-schema.md 1.6).
const PROVIDER_TYPES: [&str; 4] = ["DockerHub", "Harbor", "Quay", "Other"];

/// A connector that images can be pulled with, as an example to write.
const IMAGE_CONNECTOR: &str = "type: DockerRegistry, spec: {dockerRegistryUrl: https://index.docker.io/v2/, providerType: DockerHub, auth: {type: Anonymous}}";

/// A connector that repositories can be cloned with, as an example to write.
const GIT_CONNECTOR: &str = "type: Github, spec: {url: https://github.com/OWNER, type: Account, authentication: {type: Http, spec: {type: Anonymous}}}";

/// What a connector is wanted for, for the message where it is not known.
struct Wanted {
    /// A connector of that kind, to write.
    example: &'static str,
    /// What is done without it; none if nothing can be, which makes it an error.
    instead: Option<&'static str>,
}

/// A connector that a step names, and the origin of the name.
pub(crate) struct Named<'a> {
    pub(crate) connector: &'a Connector,
    pub(crate) id: Traced<String>,
    pub(crate) span: Span,
}

impl<'a> Ctx<'a> {
    /// Finds the connector of a `connectorRef`; an unknown one is reported. `None` also where none is named.
    pub(crate) fn connector(&self, reference: Option<&Text>) -> Option<Named<'a>> {
        self.find_connector(reference, &Wanted { example: "type: …, spec: …", instead: None })
    }

    /// Finds the connector of a `connectorRef`, and says nothing where there is none.
    pub(crate) fn found_connector(&self, reference: Option<&Text>) -> Option<Named<'a>> {
        let field = given(reference)?;
        let id = self.known(field, "a connector reference")?;
        let connectors = &self.inputs.connectors;
        let bare = without_scope(&id.value).unwrap_or(&id.value);
        let connector = connectors.get(&id.value).or_else(|| connectors.get(bare))?;
        Some(Named { connector, id, span: field.span })
    }

    /// Finds the connector of a repository; without it the address is guessed, and nobody logs in.
    pub(crate) fn git_connector(&self, reference: Option<&Text>) -> Option<Named<'a>> {
        let instead = Some("the repository is cloned without a login");
        self.find_connector(reference, &Wanted { example: GIT_CONNECTOR, instead })
    }

    /// Finds the connector that an image is pulled with. One of the account or the organization stands in no project's
    /// repository: the person's own login takes its place.
    pub(crate) fn image_connector(&self, reference: Option<&Text>) -> Option<Named<'a>> {
        let shared = given(reference).and_then(|field| self.known(field, "a connector reference"));
        match shared.as_ref().map(|id| (id.value.as_str(), without_scope(&id.value).is_some())) {
            Some((HARNESS_IMAGES, _)) if !self.inputs.connectors.contains_key(HARNESS_IMAGES) => None,
            Some((_, true)) => {
                let instead = Some("the image is pulled with your own `docker login`");
                self.find_connector(reference, &Wanted { example: IMAGE_CONNECTOR, instead })
            }
            Some((_, false)) | None => {
                self.find_connector(reference, &Wanted { example: IMAGE_CONNECTOR, instead: None })
            }
        }
    }

    fn find_connector(&self, reference: Option<&Text>, wanted: &Wanted) -> Option<Named<'a>> {
        let field = given(reference)?;
        let found = self.found_connector(reference);
        if found.is_none()
            && let Some(id) = self.known(field, "a connector reference")
        {
            self.unknown_connector(&id.value, field.span, wanted);
        }
        found
    }

    /// The origin of a connector's field.
    pub(crate) fn of_connector(&self, named: &Named<'_>, field: &'static str, span: Span) -> Origin {
        let cause = Cause::Connector { id: named.id.value.clone(), field, place: self.place(span) };
        let mut origin = named.id.origin.clone();
        origin = origin.then(cause);
        origin
    }

    fn unknown_connector(&self, id: &str, span: Span, Wanted { example, instead }: &Wanted) {
        let bare = without_scope(id).unwrap_or(id);
        let known: Vec<&str> = self.inputs.connectors.keys().map(String::as_str).collect();
        let mut help = format!(
            "write it as `connector: {{name: {bare}, identifier: {bare}, {example}}}` in a YAML file under `.harness/` or under a \
             directory named by `--include`"
        );
        if let Some(like) = nearest(bare, known.iter().copied()) {
            help = format!("did you mean `{like}`? Otherwise {help}");
        }
        if let Some(instead) = instead {
            help = format!("{instead}; to use the connector, {help}");
        }
        // One without a scope is known under every scope.
        let mut named: Vec<&str> = known.iter().map(|id| without_scope(id).unwrap_or(id)).collect();
        named.dedup();
        let candidates =
            if named.is_empty() { "no connector was found".to_owned() } else { format!("known: {}", named.join(", ")) };
        let mut diagnostic =
            Diagnostic::error("unknown-connector", format!("unknown connector `{id}`")).at(span, candidates).help(help);
        if instead.is_some() {
            diagnostic.severity = Severity::Warning;
        }
        self.notes.report_absent(diagnostic);
    }

    /// The registry of a Docker connector and the credentials for it, with the seed's required fields checked.
    pub(crate) fn docker_registry(&self, named: &Named<'_>, docker: &DockerConnector) -> Option<DockerRegistry> {
        let connector = named.connector;
        match given(docker.provider_type.as_ref()) {
            Some(field) => self.check_provider_type(field),
            None => self.connector_lacks(connector, "providerType", "seed 000, Phase 2: DockerConnectorDTO"),
        }
        if docker.auth.is_none() {
            self.connector_lacks(connector, "auth", "seed 000, Phase 2: DockerConnectorDTO");
        }
        let Some(url_field) = given(docker.url.as_ref()) else {
            self.connector_lacks(connector, "dockerRegistryUrl", "seed 000, Phase 2: DockerConnectorDTO");
            return None;
        };
        let url = self.known(url_field, "`dockerRegistryUrl`")?;
        let Some(address) = RegistryAddress::parse(&url.value) else {
            self.notes.report(
                Diagnostic::error("malformed-registry-url", format!("`{}` is not the URL of a registry", url.value))
                    .at(url_field.span, "harness-runtime.md 5: a URL without scheme is refused")
                    .help("write it with its scheme, such as `https://registry.example.com`"),
            );
            return None;
        };
        let credentials = match &docker.auth {
            None | Some(DockerAuth::Anonymous | DockerAuth::Unknown) => None,
            Some(DockerAuth::UsernamePassword { username, username_ref, password_ref, span }) => {
                self.user_and_password(named, [username.as_ref(), username_ref.as_ref()], password_ref.as_ref(), *span)
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

    fn user_and_password(
        &self,
        named: &Named<'_>,
        [username, username_ref]: [Option<&Text>; 2],
        password_ref: Option<&Text>,
        span: Span,
    ) -> Option<Credentials> {
        let user = match (given(username), given(username_ref)) {
            (Some(field), _) => {
                let text = self.text(field);
                Some(Traced::new(text.value, self.of_connector(named, "auth.spec.username", field.span)))
            }
            (None, Some(field)) => self.secret_ref(field).map(|secret| {
                let origin = chained(self.of_connector(named, "auth.spec.usernameRef", field.span), &secret.origin);
                Traced::new(PlanText::Secret(secret.value), origin)
            }),
            (None, None) => {
                self.lacks(named, "username` or `usernameRef", "seed 000, Phase 2: DockerUserNamePasswordDTO", span);
                None
            }
        };
        let password = match given(password_ref) {
            Some(field) => self.secret_ref(field).map(|secret| {
                let origin = chained(self.of_connector(named, "auth.spec.passwordRef", field.span), &secret.origin);
                Traced::new(secret.value, origin)
            }),
            None => {
                self.lacks(named, "passwordRef", "seed 000, Phase 2: DockerUserNamePasswordDTO", span);
                None
            }
        };
        Some(Credentials { user: user?, password: password? })
    }

    /// Reports a field that a connector must have.
    pub(crate) fn lacks(&self, named: &Named<'_>, field: &str, rule: &str, span: Span) {
        self.notes.report(
            Diagnostic::error(
                "incomplete-connector",
                format!("the connector `{}` has no `{field}`", named.connector.identifier.value),
            )
            .at(span, rule)
            .at(named.span, "used here")
            .help(format!("add `{field}` to the connector")),
        );
    }

    /// Reports a connector of another type than a step of the type `step` needs.
    pub(crate) fn wrong_connector_type(&self, named: &Named<'_>, wanted: &str, step: &str) {
        self.notes.report(
            Diagnostic::error(
                "wrong-connector-type",
                format!("`{}` is not a connector of type `{wanted}`", named.connector.identifier.value),
            )
            .at(named.span, format!("a `{step}` step needs one"))
            .at(named.connector.identifier.span, "defined here"),
        );
    }

    fn connector_lacks(&self, connector: &Connector, field: &str, rule: &str) {
        self.notes.report(
            Diagnostic::error(
                "incomplete-connector",
                format!("the connector `{}` has no `{field}`", connector.identifier.value),
            )
            .at(connector.identifier.span, rule)
            .help(format!("add `{field}` to the connector's `spec`")),
        );
    }
}

/// The causes of `origin` in front of those of `nearer`: the connector's field, then the secret behind it.
pub(crate) fn chained(origin: Origin, nearer: &Origin) -> Origin {
    nearer.causes().iter().fold(origin, |origin, cause| match cause {
        Cause::Secret { .. } => origin.then(cause.clone()),
        Cause::Yaml(_)
        | Cause::InputSet(_)
        | Cause::Default { .. }
        | Cause::Connector { .. }
        | Cause::Mapping { .. }
        | Cause::Setting(_)
        | Cause::Service { .. }
        | Cause::Codebase(_)
        | Cause::Local(_) => origin,
    })
}

/// What a Docker connector says.
pub(crate) struct DockerRegistry {
    pub(crate) url: Traced<String>,
    pub(crate) url_span: Span,
    pub(crate) address: RegistryAddress,
    pub(crate) credentials: Option<Credentials>,
}

/// User and password of a Docker connector.
pub(crate) struct Credentials {
    pub(crate) user: Traced<PlanText>,
    pub(crate) password: Traced<cirun_plan::Secret>,
}

impl DockerRegistry {
    /// The credentials as the engine takes them.
    pub(crate) fn auth(&self) -> Option<RegistryPassword> {
        let credentials = self.credentials.as_ref()?;
        let username = match &credentials.user.value {
            PlanText::Known(text) => text.clone(),
            PlanText::Secret(secret) => secret.expose().to_owned(),
            PlanText::Deferred(_) => return None,
        };
        let registry =
            if self.address.is_docker_hub() { DOCKER_HUB_INDEX.to_owned() } else { self.address.host.clone() };
        Some(RegistryPassword { registry, username, password: credentials.password.value.clone() })
    }
}

/// Host and path of `dockerRegistryUrl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryAddress {
    /// Host, with its port.
    pub(crate) host: String,
    /// Path, with its leading slash and no trailing one; empty for none.
    path: String,
}

impl RegistryAddress {
    /// Splits a registry's URL; `None` without a scheme or host.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.trim().split_once("://")?;
        let (host, path) =
            rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
        (matches!(scheme, "http" | "https") && !host.is_empty())
            .then(|| Self { host: host.to_owned(), path: path.trim_end_matches('/').to_owned() })
    }

    /// Whether the host is one that images are never prefixed with (harness-runtime.md 5).
    pub(crate) fn is_docker_hub(&self) -> bool {
        matches!(self.host.as_str(), "index.docker.io" | "registry.hub.docker.com")
    }

    /// The image with the registry before it, unless it is there already.
    pub(crate) fn prefix(&self, image: &str) -> Option<String> {
        (!self.is_docker_hub() && !image.contains(&self.host)).then(|| format!("{}{}/{image}", self.host, self.path))
    }
}

/// Whether the connector is a Docker registry's.
pub(crate) fn as_docker(connector: &Connector) -> Option<&DockerConnector> {
    match &connector.spec {
        ConnectorSpec::Docker(docker) => Some(docker),
        ConnectorSpec::Aws(_)
        | ConnectorSpec::Gcp(_)
        | ConnectorSpec::Azure(_)
        | ConnectorSpec::Artifactory(_)
        | ConnectorSpec::Git(_)
        | ConnectorSpec::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixed(url: &str, image: &str) -> Option<String> {
        RegistryAddress::parse(url).expect("a URL").prefix(image)
    }

    #[test]
    fn images_get_host_and_path() {
        assert_eq!(prefixed("https://reg.example/v2/", "team/app:1").as_deref(), Some("reg.example/v2/team/app:1"));
        assert_eq!(prefixed("http://localhost:5000", "app").as_deref(), Some("localhost:5000/app"));
    }

    #[test]
    fn images_that_name_the_host_stay() {
        assert_eq!(prefixed("https://reg.example", "reg.example/app:1"), None);
    }

    #[test]
    fn docker_hub_is_never_a_prefix() {
        assert_eq!(prefixed("https://index.docker.io/v2/", "redis:7"), None);
        assert_eq!(prefixed("https://registry.hub.docker.com/v2/", "redis:7"), None);
        assert_eq!(
            prefixed("https://registry-1.docker.io/v2/", "redis:7").as_deref(),
            Some("registry-1.docker.io/v2/redis:7")
        );
    }

    #[test]
    fn a_url_needs_a_scheme() {
        assert_eq!(RegistryAddress::parse("reg.example"), None);
        assert_eq!(RegistryAddress::parse("https:///x"), None);
    }
}
