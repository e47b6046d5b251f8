//! The types of connectors, and their purposes (connectors.types).

/// What a connector connects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectorClass {
    /// An image registry, or a cloud with a registry: it can pull images.
    Registry,
    /// Git repositories.
    Git,
    /// The infrastructure of builds or deployments.
    Infrastructure,
    /// Charts, packages and other artifacts.
    Artifacts,
    /// Secrets.
    Secrets,
    /// Tickets, metrics, costs: no CI stage uses them directly.
    Other,
}

use ConnectorClass::{Artifacts, Git, Infrastructure, Other, Registry, Secrets};

/// Every type, with its class.
#[rustfmt::skip]
pub const CONNECTOR_TYPES: &[(&str, ConnectorClass)] = &[
    ("DockerRegistry", Registry), ("Aws", Registry), ("Gcp", Registry), ("Azure", Registry), ("HarRegistry", Registry),
    ("Github", Git), ("Gitlab", Git), ("Bitbucket", Git), ("Git", Git), ("AzureRepo", Git), ("Codecommit", Git), ("Harness", Git),
    ("K8sCluster", Infrastructure), ("Rancher", Infrastructure), ("Pdc", Infrastructure), ("Tas", Infrastructure), ("Spot", Infrastructure),
    ("TerraformCloud", Infrastructure), ("Jenkins", Infrastructure), ("Bamboo", Infrastructure),
    ("Artifactory", Artifacts), ("Nexus", Artifacts), ("AzureArtifacts", Artifacts), ("HttpHelmRepo", Artifacts), ("OciHelmRepo", Artifacts),
    ("Local", Secrets), ("Vault", Secrets), ("AwsKms", Secrets), ("AwsSecretManager", Secrets), ("GcpKms", Secrets), ("GcpSecretManager", Secrets),
    ("AzureKeyVault", Secrets), ("CustomSecretManager", Secrets),
    ("Jira", Other), ("ServiceNow", Other), ("PagerDuty", Other), ("AppDynamics", Other), ("Datadog", Other), ("Dynatrace", Other),
    ("ElasticSearch", Other), ("ErrorTracking", Other), ("NewRelic", Other), ("Prometheus", Other), ("SignalFX", Other), ("Splunk", Other),
    ("SplunkObservability", Other), ("SumoLogic", Other), ("CustomHealth", Other), ("CEAws", Other), ("CEAzure", Other), ("CEK8sCluster", Other),
    ("GcpCloudCost", Other),
];

/// The class of a type, if there is such a type.
pub fn connector_class(kind: &str) -> Option<ConnectorClass> {
    CONNECTOR_TYPES.iter().find(|(name, _)| *name == kind).map(|(_, class)| *class)
}
