//! The connectors that pull the images of a stage or step (images.registries).

use crate::{FieldKind, Text, lower::spec::record};

record! {
    /// An item of `registries`: a connector and its images (images.registries).
    #[derive(Debug, Clone, PartialEq)]
    pub struct RegistrySpec {
        /// The connector.
        "connectorRef" => connector_ref: Option<Text>,
        /// A regular expression for the images; without it the connector's type decides.
        "match" => pattern: Option<Text>,
    }
    with span;
    known {
        "connectorIdentifier": FieldKind::Text, "The connector, by the service's own name.";
        "name": FieldKind::Text, "The connector, by the name in `registry.credentials`.";
    }
}
