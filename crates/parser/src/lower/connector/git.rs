//! Connectors to Git repositories (connectors.git).
//!
//! The names of fields and authentication methods are those of the public `harness/harness-go-sdk` (71b8d2b,
//! `harness/nextgen`): the schema repository has no connectors.

use cirun_diagnostics::Spanned;

use super::kind;
use crate::{
    FieldKind, Node, Text,
    lower::{
        context::Context,
        entries::{check_word, read},
        spec::{REQUIRED, check_tables, fields},
    },
    model::{GitConnector, GitLogin, GitProvider, GitUser},
};

fields! {
    /// `spec` of `Github`, `Gitlab`, `Bitbucket`, `AzureRepo` and `Codecommit`.
    GIT {
        "url": FieldKind::Text, REQUIRED;
        "type": FieldKind::Enum(URL_TYPES), REQUIRED;
        "authentication": FieldKind::Object(AUTHENTICATION), REQUIRED;
        "apiAccess": FieldKind::Object(API_ACCESS);
        "validationRepo": FieldKind::Text;
        "validationProject": FieldKind::Text;
        "delegateSelectors": FieldKind::TextList;
        "executeOnDelegate": FieldKind::Flag;
        "ignoreTestConnection": FieldKind::Flag;
        "proxy": FieldKind::Flag;
        "proxyUrl": FieldKind::Text;
        "connectorType": FieldKind::Text;
    }
    /// `spec` of `Git`, in which `type` is the authentication method.
    GENERIC_GIT {
        "url": FieldKind::Text, REQUIRED;
        "type": FieldKind::Enum(WAYS), REQUIRED;
        "connectionType": FieldKind::Enum(URL_TYPES), REQUIRED;
        "spec": FieldKind::Object(LOGIN);
        "branchName": FieldKind::Text;
        "validationRepo": FieldKind::Text;
        "delegateSelectors": FieldKind::TextList;
        "executeOnDelegate": FieldKind::Flag;
        "ignoreTestConnection": FieldKind::Flag;
        "proxy": FieldKind::Flag;
        "proxyUrl": FieldKind::Text;
    }
    AUTHENTICATION {
        "type": FieldKind::Enum(WAYS), REQUIRED;
        "spec": FieldKind::Object(HTTP);
    }
    HTTP {
        "type": FieldKind::Enum(LOGINS);
        "spec": FieldKind::Object(LOGIN);
        "sshKeyRef": FieldKind::Text;
    }
    LOGIN {
        "username": FieldKind::Text;
        "usernameRef": FieldKind::Text;
        "passwordRef": FieldKind::Text;
        "tokenRef": FieldKind::Text;
        "refreshTokenRef": FieldKind::Text;
        "sshKeyRef": FieldKind::Text;
        "kerberosKeyRef": FieldKind::Text;
        "applicationId": FieldKind::Text;
        "applicationIdRef": FieldKind::Text;
        "installationId": FieldKind::Text;
        "installationIdRef": FieldKind::Text;
        "privateKeyRef": FieldKind::Text;
        "accessKey": FieldKind::Text;
        "accessKeyRef": FieldKind::Text;
        "secretKeyRef": FieldKind::Text;
    }
    /// `apiAccess`: how the service asks the provider about pull requests and the like. Steps do not get it.
    API_ACCESS {
        "type": FieldKind::Enum(API_ACCESSES), REQUIRED;
        "spec": FieldKind::Object(API_LOGIN);
    }
    API_LOGIN {
        "username": FieldKind::Text;
        "usernameRef": FieldKind::Text;
        "email": FieldKind::Text;
        "emailRef": FieldKind::Text;
        "tokenRef": FieldKind::Text;
        "applicationId": FieldKind::Text;
        "applicationIdRef": FieldKind::Text;
        "installationId": FieldKind::Text;
        "installationIdRef": FieldKind::Text;
        "privateKeyRef": FieldKind::Text;
    }
}

/// What a URL points to.
const URL_TYPES: &[&str] = &["Account", "Repo", "Project", "Region"];
/// Protocols; CodeCommit writes its own in capitals.
const WAYS: &[&str] = &["Http", "Ssh", "HTTPS"];
/// Every way to log in over HTTP.
const LOGINS: &[&str] =
    &["UsernamePassword", "UsernameToken", "OAuth", "GithubApp", "Kerberos", "AWSCredentials", "Anonymous"];
/// Every type of `apiAccess`.
const API_ACCESSES: &[&str] = &["Token", "OAuth", "GithubApp", "UsernameToken", "AccessToken", "EmailAndApiToken"];

/// The HTTP authentication methods of a provider (GitClone phase 2); public repositories need none.
const fn logins(provider: GitProvider) -> &'static [&'static str] {
    match provider {
        GitProvider::Github => &["UsernamePassword", "UsernameToken", "OAuth", "GithubApp", "Anonymous"],
        GitProvider::Gitlab => &["UsernamePassword", "UsernameToken", "OAuth", "Kerberos", "Anonymous"],
        GitProvider::Bitbucket => &["UsernamePassword", "UsernameToken", "OAuth", "Anonymous"],
        GitProvider::AzureRepo => &["UsernameToken", "Anonymous"],
        GitProvider::Git => &["UsernamePassword", "Anonymous"],
        GitProvider::Codecommit => &["AWSCredentials"],
    }
}

pub(super) fn git(provider: GitProvider, spec: &Node, cx: &mut Context) -> GitConnector {
    let (table, url_type) = match provider {
        GitProvider::Git => (GENERIC_GIT, "connectionType"),
        GitProvider::Github
        | GitProvider::Gitlab
        | GitProvider::Bitbucket
        | GitProvider::AzureRepo
        | GitProvider::Codecommit => (GIT, "type"),
    };
    cx.check_fields(spec, &[table]);
    if let Some(access) = spec.get("apiAccess").filter(|access| !access.is_null()) {
        check_api_access(access, cx);
    }
    GitConnector {
        provider,
        url: read(spec, "url", cx),
        url_type: read(spec, url_type, cx),
        login: login(provider, spec, cx),
        span: spec.span,
    }
}

/// Checks the fields that only the service uses.
fn check_api_access(node: &Node, cx: &mut Context) {
    if !check_tables(node, &[API_ACCESS], cx) {
        return;
    }
    match read::<Spanned<String>>(node, "type", cx) {
        Some(word) => check_word(&word, API_ACCESSES, cx),
        None => cx.missing("type", node.span),
    }
    if let Some(login) = node.get("spec").filter(|login| !login.is_null()) {
        check_tables(login, &[API_LOGIN], cx);
    }
}

/// The login, in `authentication` or, for `Git`, in `spec` itself.
fn login(provider: GitProvider, spec: &Node, cx: &mut Context) -> Option<GitLogin> {
    if provider == GitProvider::Git {
        let way = spec.get("type").filter(|node| !node.is_null()).and_then(|_| kind(spec, WAYS, cx))?;
        let inner = spec.get("spec").filter(|inner| check_tables(inner, &[LOGIN], cx));
        return Some(match (way, inner) {
            ("Ssh", _) => ssh(inner.unwrap_or(spec), cx),
            (_, Some(inner)) => over_http("UsernamePassword", inner, cx),
            (_, None) => GitLogin::Anonymous,
        });
    }
    let node = spec.get("authentication").filter(|node| !node.is_null())?;
    check_tables(node, &[AUTHENTICATION], cx).then_some(())?;
    let way = kind(node, WAYS, cx)?;
    let inner = node.get("spec").filter(|inner| check_tables(inner, &[HTTP], cx));
    if way == "Ssh" {
        return Some(ssh(inner.unwrap_or(node), cx));
    }
    let inner = inner?;
    let how = kind(inner, logins(provider), cx)?;
    let login = inner.get("spec").filter(|login| check_tables(login, &[LOGIN], cx));
    Some(over_http(how, login.unwrap_or(inner), cx))
}

fn ssh(node: &Node, cx: &mut Context) -> GitLogin {
    GitLogin::Ssh { key_ref: read(node, "sshKeyRef", cx), span: node.span }
}

fn over_http(how: &str, node: &Node, cx: &mut Context) -> GitLogin {
    let mut text = |key: &str| read::<Text>(node, key, cx);
    let span = node.span;
    match how {
        "UsernamePassword" | "UsernameToken" => {
            let field = if how == "UsernameToken" { "tokenRef" } else { "passwordRef" };
            let user = GitUser { name: text("username"), name_ref: text("usernameRef") };
            GitLogin::Password { user, password_ref: text(field), field, span }
        }
        "OAuth" => GitLogin::OAuth { token_ref: text("tokenRef"), span },
        "GithubApp" => GitLogin::App { span },
        "Kerberos" => GitLogin::Kerberos { span },
        "AWSCredentials" => GitLogin::Aws {
            access_key: text("accessKey"),
            access_key_ref: text("accessKeyRef"),
            secret_key_ref: text("secretKeyRef"),
            span,
        },
        _ => GitLogin::Anonymous,
    }
}
