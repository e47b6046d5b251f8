//! Connectors: how they are found by reference (connectors.references, images.connector-types), and how each type signs in.

pub(crate) mod artifactory;
mod assumed;
pub(crate) mod aws;
pub(crate) mod aws_login;
pub(crate) mod azure;
pub(crate) mod credentials;
pub(crate) mod docker;
pub(crate) mod git;
pub(crate) mod google;

use assumed::Absent;
pub(crate) use assumed::{ConnectorKind, Need};
use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{
    ParameterField, Text,
    model::{Connector, ConnectorSpec, DockerConnector},
};
use cirun_plan::{Cause, Origin, Traced};

use crate::scope::{Ctx, given, secrets::without_scope};

/// The connector that every account has: anonymous Docker Hub.
const HARNESS_IMAGES: &str = "account.harnessImage";

/// The result of a `connectorRef`.
pub(crate) enum Connection<'a> {
    /// There is none, or it has no substitute, which is reported.
    Absent,
    /// A connector of the documents.
    Found(Named<'a>),
    /// The connector of every account: anonymous Docker Hub.
    HarnessImages(Traced<String>),
    /// It is in no file: its substitute is reported.
    Assumed(Traced<String>),
}

/// A connector that a step names, with the origin of the name.
pub(crate) struct Named<'a> {
    pub(crate) connector: &'a Connector,
    pub(crate) id: Traced<String>,
    pub(crate) span: Span,
}

impl<'a> Ctx<'a> {
    /// Finds the connector of a `connectorRef`; reports the substitute for one that is in no file.
    pub(crate) fn connector(&self, reference: Option<&Text>, need: Need) -> Connection<'a> {
        let Some((field, id)) = self.connector_id(reference) else { return Connection::Absent };
        // The value of the expression has been reported.
        if is_null(field, &id.value) && self.connector_named(&id.value).is_none() {
            return Connection::Assumed(id);
        }
        self.connector_of_id(id, field.span, need)
    }

    /// The same for a known identifier.
    pub(crate) fn connector_of_id(&self, id: Traced<String>, span: Span, need: Need) -> Connection<'a> {
        if let Some(connector) = self.connector_named(&id.value) {
            return Connection::Found(Named { connector, id, span });
        }
        if id.value == HARNESS_IMAGES {
            return match need {
                Need::Pull | Need::BaseImage | Need::Push(ConnectorKind::Docker) => Connection::HarnessImages(id),
                Need::Push(kind) | Need::Store(kind) | Need::Keep(kind) => {
                    self.wrong_type_of_harness_images(span, kind);
                    Connection::Absent
                }
                Need::PullFromEcr | Need::Clone => Connection::Absent,
            };
        }
        match assumed::report(self, &id.value, span, need) {
            Absent::Assumed => Connection::Assumed(id),
            Absent::Needed => Connection::Absent,
        }
    }

    /// Finds the connector of a `connectorRef`, without a report if there is none.
    pub(crate) fn found_connector(&self, reference: Option<&Text>) -> Option<Named<'a>> {
        let (field, id) = self.connector_id(reference)?;
        let connector = self.connector_named(&id.value)?;
        Some(Named { connector, id, span: field.span })
    }

    fn connector_id<'f>(&self, reference: Option<&'f Text>) -> Option<(&'f Text, Traced<String>)> {
        let field = given(reference)?;
        Some((field, self.known(field, "a connector reference")?))
    }

    fn connector_named(&self, id: &str) -> Option<&'a Connector> {
        let connectors = &self.inputs.connectors;
        connectors.get(id).or_else(|| connectors.get(without_scope(id).unwrap_or(id)))
    }

    /// The origin of a connector's field.
    pub(crate) fn of_connector(&self, named: &Named<'_>, field: &'static str, span: Span) -> Origin {
        let cause = Cause::Connector { id: named.id.value.clone(), field, place: self.place(span) };
        let mut origin = named.id.origin.clone();
        origin = origin.then(cause);
        origin
    }

    /// Reports a missing field of a connector.
    pub(crate) fn lacks(&self, named: &Named<'_>, field: &str, rule: &str, span: Span) {
        self.notes.report(
            codes::INCOMPLETE_CONNECTOR
                .says(format!("the connector `{}` has no `{field}`", named.connector.identifier.value))
                .at(span, rule)
                .at(named.span, "used here")
                .help(format!("add `{field}` to the connector")),
        );
    }

    /// Reports a connector that has another type than a step of type `step` needs.
    pub(crate) fn wrong_connector_type(&self, named: &Named<'_>, wanted: &str, step: &str) {
        self.notes.report(
            codes::WRONG_CONNECTOR_TYPE
                .says(format!("`{}` is not a connector of type `{wanted}`", named.connector.identifier.value))
                .at(named.span, format!("a `{step}` step needs one"))
                .at(named.connector.identifier.span, "defined here"),
        );
    }

    fn wrong_type_of_harness_images(&self, span: Span, wanted: ConnectorKind) {
        let (id, wanted) = (HARNESS_IMAGES, wanted.word());
        self.notes.report(
            codes::WRONG_CONNECTOR_TYPE
                .says(format!("`{id}` is not a connector of type `{wanted}`"))
                .at(span, "cirun pulls images from Docker Hub, without a login"),
        );
    }
}

/// Whether an expression resolved to null.
fn is_null(field: &Text, id: &str) -> bool {
    id == "null" && matches!(field.value, ParameterField::Expression(_))
}

/// Puts the causes of `origin` before those of `nearer`: the connector's field, then its secret.
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

/// Whether the connector is for a Docker registry.
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
