//! `Gcp` and `Azure` connectors (the reference's page push).

use super::kind;
use crate::{
    FieldKind, Node, Text,
    lower::{
        context::Context,
        entries::read,
        spec::{FromNode, REQUIRED, check_tables, fields},
    },
    model::{AzureAuth, AzureConnector, AzureCredential, GcpConnector, GcpCredential},
};

fields! {
    /// `spec` of a `Gcp` connector.
    GCP {
        "credential": FieldKind::Object(GCP_CREDENTIAL), REQUIRED;
        "delegateSelectors": FieldKind::TextList;
        "executeOnDelegate": FieldKind::Flag;
        "ignoreTestConnection": FieldKind::Flag;
        "proxy": FieldKind::Flag;
        "proxyUrl": FieldKind::Text;
    }
    GCP_CREDENTIAL {
        "type": FieldKind::Enum(GCP_CREDENTIALS), REQUIRED;
        "spec": FieldKind::Object(GCP_CREDENTIAL_SPEC);
    }
    GCP_CREDENTIAL_SPEC {
        "secretKeyRef": FieldKind::Text;
        "workloadPoolId": FieldKind::Text;
        "providerId": FieldKind::Text;
        "gcpProjectId": FieldKind::Text;
        "serviceAccountEmail": FieldKind::Text;
        "delegateSelectors": FieldKind::TextList;
    }
    AZURE {
        "credential": FieldKind::Object(AZURE_CREDENTIAL), REQUIRED;
        "azureEnvironmentType": FieldKind::Text;
        "delegateSelectors": FieldKind::TextList;
        "executeOnDelegate": FieldKind::Flag;
        "ignoreTestConnection": FieldKind::Flag;
        "proxy": FieldKind::Flag;
        "proxyUrl": FieldKind::Text;
    }
    AZURE_CREDENTIAL {
        "type": FieldKind::Enum(AZURE_CREDENTIALS), REQUIRED;
        "spec": FieldKind::Object(AZURE_CREDENTIAL_SPEC);
    }
    AZURE_CREDENTIAL_SPEC {
        "applicationId": FieldKind::Text;
        "clientId": FieldKind::Text;
        "tenantId": FieldKind::Text;
        "audience": FieldKind::Text;
        "auth": FieldKind::Object(AZURE_AUTH);
        "delegateSelectors": FieldKind::TextList;
    }
    AZURE_AUTH {
        "type": FieldKind::Enum(AZURE_AUTHS), REQUIRED;
        "spec": FieldKind::Object(AZURE_AUTH_SPEC);
    }
    AZURE_AUTH_SPEC {
        "secretRef": FieldKind::Text;
        "certificateRef": FieldKind::Text;
        "clientId": FieldKind::Text;
    }
}

/// The words of `credential.type` for Google (push.gcp-key, push.gcp-oidc, push.gcp-inherit).
const GCP_CREDENTIALS: &[&str] = &["ManualConfig", "OidcAuthentication", "InheritFromDelegate"];
/// The words of `credential.type` for Azure (push.azure-secret, push.azure-oidc, push.azure-inherit).
const AZURE_CREDENTIALS: &[&str] = &["ManualConfig", "OidcAuthentication", "InheritFromDelegate"];
/// The words of `auth.type` for Azure: secrets and managed identities (push.azure-secret, push.azure-inherit).
const AZURE_AUTHS: &[&str] = &["Secret", "Certificate", "SystemAssignedManagedIdentity", "UserAssignedManagedIdentity"];

/// The `credential` of a connector, checked.
fn credential<'n>(spec: &'n Node, table: &'static [crate::FieldInfo], cx: &mut Context) -> Option<&'n Node> {
    let Some(credential) = spec.get("credential").filter(|node| !node.is_null()) else {
        cx.missing("credential", spec.span);
        return None;
    };
    check_tables(credential, &[table], cx).then_some(credential)
}

pub(super) fn gcp(spec: &Node, cx: &mut Context) -> Option<GcpConnector> {
    cx.check_fields(spec, &[GCP]);
    let credential = credential(spec, GCP_CREDENTIAL, cx)?;
    let kind = kind(credential, GCP_CREDENTIALS, cx)?;
    let inner = credential.get("spec").filter(|inner| check_tables(inner, &[GCP_CREDENTIAL_SPEC], cx));
    let mut text = |key: &str| inner.and_then(|inner| read::<Text>(inner, key, cx));
    let read_credential = match kind {
        "ManualConfig" => GcpCredential::Manual { secret_key_ref: text("secretKeyRef") },
        "OidcAuthentication" => GcpCredential::Oidc {
            pool: text("workloadPoolId"),
            provider: text("providerId"),
            project: text("gcpProjectId"),
            service_account: text("serviceAccountEmail"),
        },
        _ => GcpCredential::InheritFromDelegate,
    };
    let selectors = read(spec, "delegateSelectors", cx);
    Some(GcpConnector {
        credential: read_credential,
        delegate_selectors: selectors.or_else(|| inner.and_then(|inner| read(inner, "delegateSelectors", cx))),
        span: credential.span,
    })
}

pub(super) fn azure(spec: &Node, cx: &mut Context) -> Option<AzureConnector> {
    cx.check_fields(spec, &[AZURE]);
    let credential = credential(spec, AZURE_CREDENTIAL, cx)?;
    let kind = kind(credential, AZURE_CREDENTIALS, cx)?;
    let inner = credential.get("spec").filter(|inner| check_tables(inner, &[AZURE_CREDENTIAL_SPEC], cx));
    let auth = inner.and_then(|inner| read::<AzureAuth>(inner, "auth", cx));
    let mut text = |key: &str| inner.and_then(|inner| read::<Text>(inner, key, cx));
    let client_id = text("clientId").or_else(|| text("applicationId"));
    let read_credential = match kind {
        "ManualConfig" => AzureCredential::Manual { client_id, tenant_id: text("tenantId"), auth },
        "OidcAuthentication" => {
            AzureCredential::Oidc { client_id, tenant_id: text("tenantId"), audience: text("audience") }
        }
        _ => AzureCredential::InheritFromDelegate { auth },
    };
    Some(AzureConnector { credential: read_credential, span: credential.span })
}

impl FromNode for AzureAuth {
    const KIND: FieldKind = FieldKind::Object(AZURE_AUTH);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        check_tables(node, &[AZURE_AUTH], cx).then_some(())?;
        let kind = kind(node, AZURE_AUTHS, cx)?;
        let spec = node.get("spec").filter(|spec| check_tables(spec, &[AZURE_AUTH_SPEC], cx));
        let mut text = |key: &str| spec.and_then(|spec| read::<Text>(spec, key, cx));
        Some(match kind {
            "Secret" => Self::Secret(text("secretRef")),
            "Certificate" => Self::Certificate(text("certificateRef")),
            "SystemAssignedManagedIdentity" => Self::SystemAssigned,
            _ => Self::UserAssigned(text("clientId")),
        })
    }
}
