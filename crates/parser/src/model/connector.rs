//! Connectors and secrets (connectors.types, connectors.secrets).

use cirun_diagnostics::{Span, Spanned};

use crate::{
    FieldKind, Text, TextList,
    lower::spec::{REQUIRED, spec},
    model::GitConnector,
};

/// `connector:`.
#[derive(Debug, Clone, PartialEq)]
pub struct Connector {
    /// `identifier`.
    pub identifier: Spanned<String>,
    /// `name`.
    pub name: Option<Text>,
    /// `orgIdentifier`.
    pub org: Option<Text>,
    /// `projectIdentifier`.
    pub project: Option<Text>,
    /// `type` and `spec`.
    pub spec: ConnectorSpec,
    /// The whole document.
    pub span: Span,
}

/// A connector by its type.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectorSpec {
    /// `Aws`.
    Aws(Box<AwsConnector>),
    /// `DockerRegistry`.
    Docker(Box<DockerConnector>),
    /// `Gcp`.
    Gcp(Box<GcpConnector>),
    /// `Azure`.
    Azure(Box<AzureConnector>),
    /// `Artifactory`.
    Artifactory(Box<ArtifactoryConnector>),
    /// `Github`, `Gitlab`, `Bitbucket`, `Git`, `AzureRepo`, `Codecommit`.
    Git(Box<GitConnector>),
    /// Any other type, by name.
    Other(Spanned<String>),
}

impl ConnectorSpec {
    /// The connector's type, as documents write it.
    pub fn word(&self) -> &str {
        match self {
            Self::Aws(_) => "Aws",
            Self::Docker(_) => "DockerRegistry",
            Self::Gcp(_) => "Gcp",
            Self::Azure(_) => "Azure",
            Self::Artifactory(_) => "Artifactory",
            Self::Git(git) => git.provider.word(),
            Self::Other(kind) => &kind.value,
        }
    }
}

/// `spec` of an `Aws` connector.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsConnector {
    /// `credential.type` and `credential.spec`.
    pub credential: AwsCredential,
    /// `credential.region`.
    pub region: Option<Text>,
    /// `credential.crossAccountAccess` (or next to `credential`).
    pub cross_account: Option<CrossAccountAccess>,
    /// `delegateSelectors`, of `spec` or of `credential.spec`.
    pub delegate_selectors: Option<TextList>,
    /// The place of `credential`.
    pub span: Span,
}

/// The types of credentials (connectors.aws).
#[derive(Debug, Clone, PartialEq)]
pub enum AwsCredential {
    /// `ManualConfig`.
    Manual {
        /// `accessKey`.
        access_key: Option<Text>,
        /// `accessKeyRef`.
        access_key_ref: Option<Text>,
        /// `secretKeyRef`.
        secret_key_ref: Option<Text>,
        /// `sessionTokenRef`.
        session_token_ref: Option<Text>,
    },
    /// `OidcAuthentication`.
    Oidc {
        /// `iamRoleArn`.
        iam_role_arn: Option<Text>,
    },
    /// `InheritFromDelegate`.
    InheritFromDelegate,
    /// `Irsa`.
    Irsa,
}

spec! {
    /// `crossAccountAccess`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CrossAccountAccess {
        /// The role to assume.
        "crossAccountRoleArn" => role_arn: Option<Text> = REQUIRED,
        /// The external id that the role's trust policy requires.
        "externalId" => external_id: Option<Text>,
    }
    with span;
}

spec! {
    /// `spec` of a `DockerRegistry` connector.
    #[derive(Debug, Clone, PartialEq)]
    pub struct DockerConnector {
        /// The registry's address.
        "dockerRegistryUrl" => url: Option<Text> = REQUIRED,
        /// `DockerHub`, `Harbor`, `Quay` or `Other`.
        "providerType" => provider_type: Option<Text> = REQUIRED,
        /// How to log in.
        "auth" => auth: Option<DockerAuth>,
    }
    known {
        "delegateSelectors": FieldKind::TextList, "Which delegates may use the connector.";
        "executeOnDelegate": FieldKind::Flag, "A delegate makes the connection.";
        "ignoreTestConnection": FieldKind::Flag, "The connection is not tested.";
        "proxy": FieldKind::Flag, "Goes through the delegate's proxy.";
        "proxyUrl": FieldKind::Text, "The proxy.";
    }
}

/// `auth` of a `DockerRegistry` connector.
#[derive(Debug, Clone, PartialEq)]
pub enum DockerAuth {
    /// `UsernamePassword`.
    UsernamePassword {
        /// `username`.
        username: Option<Text>,
        /// `usernameRef`.
        username_ref: Option<Text>,
        /// `passwordRef`.
        password_ref: Option<Text>,
        /// Its place.
        span: Span,
    },
    /// `Anonymous`.
    Anonymous,
    /// An unknown type, which has been reported.
    Unknown,
}

/// `spec` of a `Gcp` connector.
#[derive(Debug, Clone, PartialEq)]
pub struct GcpConnector {
    /// `credential.type` and `credential.spec`.
    pub credential: GcpCredential,
    /// `delegateSelectors`, of `spec` or of `credential.spec`.
    pub delegate_selectors: Option<TextList>,
    /// The place of `credential`.
    pub span: Span,
}

/// The types of credentials (push.gcp-key, push.gcp-oidc, push.gcp-inherit).
#[derive(Debug, Clone, PartialEq)]
pub enum GcpCredential {
    /// `ManualConfig`.
    Manual {
        /// `secretKeyRef`: the key of a service account, as JSON.
        secret_key_ref: Option<Text>,
    },
    /// `OidcAuthentication`.
    Oidc {
        /// `workloadPoolId`.
        pool: Option<Text>,
        /// `providerId`.
        provider: Option<Text>,
        /// `gcpProjectId`.
        project: Option<Text>,
        /// `serviceAccountEmail`.
        service_account: Option<Text>,
    },
    /// `InheritFromDelegate`.
    InheritFromDelegate,
}

/// `spec` of an `Azure` connector.
#[derive(Debug, Clone, PartialEq)]
pub struct AzureConnector {
    /// `credential.type` and `credential.spec`.
    pub credential: AzureCredential,
    /// The place of `credential`.
    pub span: Span,
}

/// The types of credentials (push.azure-secret, push.azure-oidc, push.azure-inherit).
#[derive(Debug, Clone, PartialEq)]
pub enum AzureCredential {
    /// `ManualConfig`.
    Manual {
        /// `clientId`, or `applicationId` as the Studio writes it.
        client_id: Option<Text>,
        /// `tenantId`.
        tenant_id: Option<Text>,
        /// `auth`.
        auth: Option<AzureAuth>,
    },
    /// `OidcAuthentication`.
    Oidc {
        /// `clientId`, or `applicationId` as the Studio writes it.
        client_id: Option<Text>,
        /// `tenantId`.
        tenant_id: Option<Text>,
        /// `audience`.
        audience: Option<Text>,
    },
    /// `InheritFromDelegate`: a managed identity.
    InheritFromDelegate {
        /// `auth`.
        auth: Option<AzureAuth>,
    },
}

/// `auth` of an `Azure` connector.
#[derive(Debug, Clone, PartialEq)]
pub enum AzureAuth {
    /// `Secret`, by `secretRef`.
    Secret(Option<Text>),
    /// `Certificate`, by `certificateRef`.
    Certificate(Option<Text>),
    /// `SystemAssignedManagedIdentity`.
    SystemAssigned,
    /// `UserAssignedManagedIdentity`, by `clientId`.
    UserAssigned(Option<Text>),
}

/// `secret:`; its value is in the document only if it is inline.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretDocument {
    /// `identifier`.
    pub identifier: Spanned<String>,
    /// `type`.
    pub kind: Option<Text>,
}

spec! {
    /// `spec` of an `Artifactory` connector (connectors.artifactory).
    #[derive(Debug, Clone, PartialEq)]
    pub struct ArtifactoryConnector {
        /// The server's address.
        "artifactoryServerUrl" => url: Option<Text> = REQUIRED,
        /// How to log in.
        "auth" => auth: Option<ArtifactoryAuth>,
    }
    with span;
    known {
        "delegateSelectors": FieldKind::TextList, "Which delegates may use the connector.";
        "executeOnDelegate": FieldKind::Flag, "A delegate makes the connection.";
        "ignoreTestConnection": FieldKind::Flag, "The connection is not tested.";
        "proxy": FieldKind::Flag, "Goes through the delegate's proxy.";
        "proxyUrl": FieldKind::Text, "The proxy.";
    }
}

/// `auth` of an `Artifactory` connector.
#[derive(Debug, Clone, PartialEq)]
pub enum ArtifactoryAuth {
    /// `UsernamePassword`.
    UsernamePassword {
        /// `username`.
        username: Option<Text>,
        /// `usernameRef`.
        username_ref: Option<Text>,
        /// `passwordRef`.
        password_ref: Option<Text>,
    },
    /// `Anonymous`.
    Anonymous,
    /// `OidcAuthentication`.
    Oidc,
}
