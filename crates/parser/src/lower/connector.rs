//! Connectors and secrets: unknown fields are accepted, because there is no published schema (connectors.types,
//! connectors.secrets).

mod clouds;
mod git;

use cirun_diagnostics::{Spanned, nearest};
pub(crate) use clouds::{AZURE, GCP};
pub(crate) use git::{GENERIC_GIT, GIT};

use crate::{
    CONNECTOR_TYPES, FieldKind, Node, Parse, Text, codes, connector_class,
    lower::{
        context::{Context, Identity},
        entries::{one_of, read},
        spec::{FromNode, REQUIRED, check_tables, fields, is_map},
    },
    model::{
        ArtifactoryAuth, ArtifactoryConnector, AwsConnector, AwsCredential, Connector, ConnectorSpec,
        CrossAccountAccess, DockerAuth, DockerConnector, GitProvider, SecretDocument,
    },
};

fields! {
    /// `connector:`.
    CONNECTOR {
        "identifier": FieldKind::Text, REQUIRED;
        "name": FieldKind::Text, REQUIRED;
        "type": FieldKind::Text, REQUIRED;
        "spec": FieldKind::Any, REQUIRED;
        "description": FieldKind::Text;
        "orgIdentifier": FieldKind::Text;
        "projectIdentifier": FieldKind::Text;
        "accountIdentifier": FieldKind::Text;
        "tags": FieldKind::TextMap;
    }
    AWS {
        "credential": FieldKind::Object(AWS_CREDENTIAL), REQUIRED;
        "crossAccountAccess": FieldKind::Object(CrossAccountAccess::FIELDS);
        "delegateSelectors": FieldKind::TextList;
        "executeOnDelegate": FieldKind::Flag;
        "ignoreTestConnection": FieldKind::Flag;
        "proxy": FieldKind::Flag;
        "proxyUrl": FieldKind::Text;
        "region": FieldKind::Text;
        "awsSdkClientBackOffStrategyOverride": FieldKind::Any;
    }
    AWS_CREDENTIAL {
        "type": FieldKind::Enum(AWS_CREDENTIALS), REQUIRED;
        "spec": FieldKind::Object(AWS_CREDENTIAL_SPEC);
        "region": FieldKind::Text;
        "crossAccountAccess": FieldKind::Object(CrossAccountAccess::FIELDS);
    }
    AWS_CREDENTIAL_SPEC {
        "accessKey": FieldKind::Text;
        "accessKeyRef": FieldKind::Text;
        "secretKeyRef": FieldKind::Text;
        "sessionTokenRef": FieldKind::Text;
        "iamRoleArn": FieldKind::Text;
        "oidcSessionTagKeys": FieldKind::TextList;
        "delegateSelectors": FieldKind::TextList;
    }
    AUTH {
        "type": FieldKind::Enum(AUTHS), REQUIRED;
        "spec": FieldKind::Object(AUTH_SPEC);
    }
    AUTH_SPEC {
        "username": FieldKind::Text;
        "usernameRef": FieldKind::Text;
        "passwordRef": FieldKind::Text;
    }
}

/// The types of credentials (connectors.aws).
const AWS_CREDENTIALS: &[&str] = &["ManualConfig", "OidcAuthentication", "Irsa", "InheritFromDelegate"];
/// Ways to log in to a registry.
const AUTHS: &[&str] = &["UsernamePassword", "Anonymous"];

/// Reads the value of `connector:`; `None` if it is not a map.
pub fn lower_connector(node: &Node) -> Parse<Option<Connector>> {
    let mut cx = Context::new(Identity::Required);
    let tree = connector(node, &mut cx);
    cx.finish(tree)
}

pub(super) fn connector(node: &Node, cx: &mut Context) -> Option<Connector> {
    check_tables(node, &[CONNECTOR], cx).then_some(())?;
    let mut name = |key: &str| match read::<Spanned<String>>(node, key, cx) {
        Some(name) => name,
        None => {
            cx.incomplete(key, node.span);
            Spanned { value: String::new(), span: node.span }
        }
    };
    let (identifier, kind) = (name("identifier"), name("type"));
    let spec = node.get("spec").filter(|spec| is_map(spec, cx));
    let spec = match (kind.value.as_str(), spec) {
        ("Aws", Some(spec)) => ConnectorSpec::Aws(Box::new(aws(spec, cx)?)),
        ("DockerRegistry", Some(spec)) => ConnectorSpec::Docker(Box::new(DockerConnector::from_node(spec, cx)?)),
        ("Gcp", Some(spec)) => ConnectorSpec::Gcp(Box::new(clouds::gcp(spec, cx)?)),
        ("Azure", Some(spec)) => ConnectorSpec::Azure(Box::new(clouds::azure(spec, cx)?)),
        ("Artifactory", Some(spec)) => ConnectorSpec::Artifactory(Box::new(ArtifactoryConnector::from_node(spec, cx)?)),
        ("Aws" | "DockerRegistry" | "Gcp" | "Azure" | "Artifactory", None) => {
            cx.missing("spec", node.span);
            return None;
        }
        (word, spec) => match (GitProvider::of(word), spec) {
            (Some(provider), Some(spec)) => ConnectorSpec::Git(Box::new(git::git(provider, spec, cx))),
            (Some(_), None) => {
                cx.missing("spec", node.span);
                return None;
            }
            (None, _) => {
                check_type(&kind, cx);
                ConnectorSpec::Other(kind)
            }
        },
    };
    Some(Connector {
        identifier,
        name: read(node, "name", cx),
        org: read(node, "orgIdentifier", cx),
        project: read(node, "projectIdentifier", cx),
        spec,
        span: node.span,
    })
}

/// Warns of an unknown type.
fn check_type(kind: &Spanned<String>, cx: &mut Context) {
    if kind.value.is_empty() || connector_class(&kind.value).is_some() {
        return;
    }
    let mut warning = codes::UNKNOWN_CONNECTOR_TYPE
        .says(format!("unknown connector type `{}`", kind.value))
        .at(kind.span, "cirun does not know this type");
    if let Some(near) = nearest(&kind.value, CONNECTOR_TYPES.iter().map(|(name, _)| *name)) {
        warning = warning.help(format!("did you mean `{near}`?"));
    }
    cx.report(warning);
}

fn aws(spec: &Node, cx: &mut Context) -> Option<AwsConnector> {
    cx.check_fields(spec, &[AWS]);
    let Some(credential) = spec.get("credential").filter(|node| !node.is_null()) else {
        cx.missing("credential", spec.span);
        return None;
    };
    check_tables(credential, &[AWS_CREDENTIAL], cx).then_some(())?;
    let inner = credential.get("spec").filter(|inner| check_tables(inner, &[AWS_CREDENTIAL_SPEC], cx));
    let cross_account = read(credential, "crossAccountAccess", cx).or_else(|| read(spec, "crossAccountAccess", cx));
    let selectors = read(spec, "delegateSelectors", cx);
    Some(AwsConnector {
        credential: aws_credential(credential, inner, cx)?,
        region: read(credential, "region", cx).or_else(|| read(spec, "region", cx)),
        cross_account,
        delegate_selectors: selectors.or_else(|| inner.and_then(|inner| read(inner, "delegateSelectors", cx))),
        span: credential.span,
    })
}

fn aws_credential(node: &Node, spec: Option<&Node>, cx: &mut Context) -> Option<AwsCredential> {
    let kind = kind(node, AWS_CREDENTIALS, cx)?;
    if let Some(spec) = spec {
        one_of(spec, &["accessKey", "accessKeyRef"], cx);
    }
    let mut text = |key: &str| spec.and_then(|spec| read::<Text>(spec, key, cx));
    Some(match kind {
        "ManualConfig" => AwsCredential::Manual {
            access_key: text("accessKey"),
            access_key_ref: text("accessKeyRef"),
            secret_key_ref: text("secretKeyRef"),
            session_token_ref: text("sessionTokenRef"),
        },
        "OidcAuthentication" => AwsCredential::Oidc { iam_role_arn: text("iamRoleArn") },
        "Irsa" => AwsCredential::Irsa,
        _ => AwsCredential::InheritFromDelegate,
    })
}

/// The `type` of an authentication method, if it is in `known`; otherwise reports it.
fn kind(node: &Node, known: &[&'static str], cx: &mut Context) -> Option<&'static str> {
    let Some(written) = read::<Spanned<String>>(node, "type", cx) else {
        cx.missing("type", node.span);
        return None;
    };
    let found = known.iter().copied().find(|known| *known == written.value);
    if found.is_none() {
        let help = match nearest(&written.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the types are {}", known.join(", ")),
        };
        let message = format!("unknown type of credentials `{}`", written.value);
        cx.report(codes::UNKNOWN_CREDENTIAL.says(message).at(written.span, "").help(help));
    }
    found
}

impl FromNode for DockerAuth {
    const KIND: FieldKind = FieldKind::Object(AUTH);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        check_tables(node, &[AUTH], cx).then_some(())?;
        match kind(node, AUTHS, cx) {
            None => return Some(Self::Unknown),
            Some("Anonymous") => return Some(Self::Anonymous),
            Some(_) => {}
        }
        let [username, username_ref, password_ref] = user_and_password(node, cx);
        Some(Self::UsernamePassword { username, username_ref, password_ref, span: node.span })
    }
}

/// `username`, `usernameRef` and `passwordRef` of an `auth`.
fn user_and_password(auth: &Node, cx: &mut Context) -> [Option<Text>; 3] {
    let spec = auth.get("spec").filter(|spec| check_tables(spec, &[AUTH_SPEC], cx));
    if let Some(spec) = spec {
        one_of(spec, &["username", "usernameRef"], cx);
    }
    ["username", "usernameRef", "passwordRef"].map(|key| spec.and_then(|spec| read(spec, key, cx)))
}

fields! {
    /// `auth` of an `Artifactory` connector.
    ARTIFACTORY_AUTH {
        "type": FieldKind::Enum(ARTIFACTORY_AUTHS), REQUIRED;
        "spec": FieldKind::Any;
    }
}

/// Ways to log in to Artifactory (connectors.artifactory).
const ARTIFACTORY_AUTHS: &[&str] = &["UsernamePassword", "Anonymous", "OidcAuthentication"];

impl FromNode for ArtifactoryAuth {
    const KIND: FieldKind = FieldKind::Object(ARTIFACTORY_AUTH);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        check_tables(node, &[ARTIFACTORY_AUTH], cx).then_some(())?;
        match kind(node, ARTIFACTORY_AUTHS, cx)? {
            "Anonymous" => Some(Self::Anonymous),
            "OidcAuthentication" => Some(Self::Oidc),
            _ => {
                let [username, username_ref, password_ref] = user_and_password(node, cx);
                Some(Self::UsernamePassword { username, username_ref, password_ref })
            }
        }
    }
}

fields! {
    /// `secret:`.
    SECRET {
        "identifier": FieldKind::Text, REQUIRED;
        "name": FieldKind::Text, REQUIRED;
        "type": FieldKind::Text, REQUIRED;
        "spec": FieldKind::Any, REQUIRED;
        "description": FieldKind::Text;
        "orgIdentifier": FieldKind::Text;
        "projectIdentifier": FieldKind::Text;
        "tags": FieldKind::TextMap;
    }
}

pub(super) fn secret(node: &Node, cx: &mut Context) -> Option<SecretDocument> {
    check_tables(node, &[SECRET], cx).then_some(())?;
    let identifier = read::<Spanned<String>>(node, "identifier", cx);
    if identifier.is_none() {
        cx.incomplete("identifier", node.span);
    }
    Some(SecretDocument { identifier: identifier?, kind: read(node, "type", cx) })
}
