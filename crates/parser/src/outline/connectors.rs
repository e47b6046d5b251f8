//! Connectors and secrets.

use super::{Outline, Shown, line, map, merged};
use crate::model::{
    ArtifactoryAuth, AwsConnector, AwsCredential, AzureAuth, AzureConnector, AzureCredential, Connector, ConnectorSpec,
    DockerAuth, GcpConnector, GcpCredential, GitConnector, GitLogin, SecretDocument,
};

impl Outline for Connector {
    fn outline(&self) -> Shown {
        let named = map([
            ("identifier", self.identifier.outline()),
            ("name", self.name.outline()),
            ("orgIdentifier", self.org.outline()),
            ("projectIdentifier", self.project.outline()),
        ]);
        let spec = match &self.spec {
            ConnectorSpec::Aws(aws) => map([("Aws", aws.outline())]),
            ConnectorSpec::Docker(docker) => map([("DockerRegistry", docker.outline())]),
            ConnectorSpec::Gcp(gcp) => map([("Gcp", gcp.outline())]),
            ConnectorSpec::Azure(azure) => map([("Azure", azure.outline())]),
            ConnectorSpec::Git(git) => map([(git.provider.word(), git.outline())]),
            ConnectorSpec::Artifactory(artifactory) => map([("Artifactory", artifactory.outline())]),
            ConnectorSpec::Other(kind) => map([("type", kind.outline())]),
        };
        merged([named, spec])
    }
}

impl Outline for ArtifactoryAuth {
    fn outline(&self) -> Shown {
        match self {
            Self::UsernamePassword { username, username_ref, password_ref } => map([
                ("UsernamePassword", line("")),
                ("username", username.outline()),
                ("usernameRef", username_ref.outline()),
                ("passwordRef", password_ref.outline()),
            ]),
            Self::Anonymous => line("Anonymous"),
            Self::Oidc => line("OidcAuthentication"),
        }
    }
}

impl Outline for GcpConnector {
    fn outline(&self) -> Shown {
        let credential = match &self.credential {
            GcpCredential::Manual { secret_key_ref } => {
                map([("credential", line("ManualConfig")), ("secretKeyRef", secret_key_ref.outline())])
            }
            GcpCredential::Oidc { pool, provider, project, service_account } => map([
                ("credential", line("OidcAuthentication")),
                ("workloadPoolId", pool.outline()),
                ("providerId", provider.outline()),
                ("gcpProjectId", project.outline()),
                ("serviceAccountEmail", service_account.outline()),
            ]),
            GcpCredential::InheritFromDelegate => map([("credential", line("InheritFromDelegate"))]),
        };
        merged([credential, map([("delegateSelectors", self.delegate_selectors.outline())])])
    }
}

impl Outline for AzureConnector {
    fn outline(&self) -> Shown {
        match &self.credential {
            AzureCredential::Manual { client_id, tenant_id, auth } => map([
                ("credential", line("ManualConfig")),
                ("clientId", client_id.outline()),
                ("tenantId", tenant_id.outline()),
                ("auth", auth.as_ref().map(Outline::outline).unwrap_or_default()),
            ]),
            AzureCredential::Oidc { client_id, tenant_id, audience } => map([
                ("credential", line("OidcAuthentication")),
                ("clientId", client_id.outline()),
                ("tenantId", tenant_id.outline()),
                ("audience", audience.outline()),
            ]),
            AzureCredential::InheritFromDelegate { auth } => map([
                ("credential", line("InheritFromDelegate")),
                ("auth", auth.as_ref().map(Outline::outline).unwrap_or_default()),
            ]),
        }
    }
}

impl Outline for AzureAuth {
    fn outline(&self) -> Shown {
        match self {
            Self::Secret(secret) => map([("secretRef", secret.outline())]),
            Self::Certificate(certificate) => map([("certificateRef", certificate.outline())]),
            Self::SystemAssigned => line("SystemAssignedManagedIdentity"),
            Self::UserAssigned(client) => map([("clientId", client.outline())]),
        }
    }
}

impl Outline for AwsConnector {
    fn outline(&self) -> Shown {
        let credential = match &self.credential {
            AwsCredential::Manual { access_key, access_key_ref, secret_key_ref, session_token_ref } => map([
                ("credential", line("ManualConfig")),
                ("accessKey", access_key.outline()),
                ("accessKeyRef", access_key_ref.outline()),
                ("secretKeyRef", secret_key_ref.outline()),
                ("sessionTokenRef", session_token_ref.outline()),
            ]),
            AwsCredential::Oidc { iam_role_arn } => {
                map([("credential", line("OidcAuthentication")), ("iamRoleArn", iam_role_arn.outline())])
            }
            AwsCredential::InheritFromDelegate => map([("credential", line("InheritFromDelegate"))]),
            AwsCredential::Irsa => map([("credential", line("Irsa"))]),
        };
        let common = map([
            ("region", self.region.outline()),
            ("crossAccountAccess", self.cross_account.outline()),
            ("delegateSelectors", self.delegate_selectors.outline()),
        ]);
        merged([credential, common])
    }
}

impl Outline for GitConnector {
    fn outline(&self) -> Shown {
        let address = map([("url", self.url.outline()), ("urlType", self.url_type.outline())]);
        merged([address, self.login.outline()])
    }
}

impl Outline for GitLogin {
    fn outline(&self) -> Shown {
        match self {
            Self::Password { user, password_ref, .. } => map([
                ("login", line("Password")),
                ("username", user.name.outline()),
                ("usernameRef", user.name_ref.outline()),
                ("passwordRef", password_ref.outline()),
            ]),
            Self::OAuth { token_ref, .. } => map([("login", line("OAuth")), ("tokenRef", token_ref.outline())]),
            Self::App { .. } => map([("login", line("GithubApp"))]),
            Self::Kerberos { .. } => map([("login", line("Kerberos"))]),
            Self::Aws { access_key, access_key_ref, secret_key_ref, .. } => map([
                ("login", line("AWSCredentials")),
                ("accessKey", access_key.outline()),
                ("accessKeyRef", access_key_ref.outline()),
                ("secretKeyRef", secret_key_ref.outline()),
            ]),
            Self::Ssh { key_ref, .. } => map([("login", line("Ssh")), ("sshKeyRef", key_ref.outline())]),
            Self::Anonymous => map([("login", line("Anonymous"))]),
        }
    }
}

impl Outline for DockerAuth {
    fn outline(&self) -> Shown {
        match self {
            Self::UsernamePassword { username, username_ref, password_ref, .. } => map([
                ("username", username.outline()),
                ("usernameRef", username_ref.outline()),
                ("passwordRef", password_ref.outline()),
            ]),
            Self::Unknown => line("unknown"),
            Self::Anonymous => line("Anonymous"),
        }
    }
}

impl Outline for SecretDocument {
    fn outline(&self) -> Shown {
        map([("identifier", self.identifier.outline()), ("type", self.kind.outline())])
    }
}
