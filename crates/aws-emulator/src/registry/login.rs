//! The login of registries outside AWS: a challenge, a token endpoint, and tokens that contain their rights.
//!
//! Any user and password are accepted; a push requires a token, as in the real registries.

use std::time::Duration;

use cirun_image_ref::{DOCKER_HUB_TOKENS, LoginKind};
use http::{Method, Response, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::user::User;
use crate::{
    AuthKind, RegistryHost, Service,
    emulator::{Emulator, Exchange},
    http::{RequestBody, ResponseBody, content, form_pairs, header_text, read_body},
};

/// The purpose of the tokens.
const ACCESS: &str = "registry-access";
const REFRESH: &str = "registry-refresh";
/// The lifetime of Docker Hub's tokens.
const LIFETIME: Duration = Duration::from_secs(300);
/// The path at which Azure's registries exchange an identity token for their own.
const EXCHANGE: &str = "/oauth2/exchange";

/// Whether a request to `host` is about a token of a registry other than AWS's.
pub(crate) fn is_token_address(host: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    match LoginKind::of(host) {
        _ if host == DOCKER_HUB_TOKENS => path == "/token",
        LoginKind::DockerHub => false,
        LoginKind::Google => path == "/v2/token",
        LoginKind::Azure => path == "/oauth2/token" || path == EXCHANGE,
        LoginKind::Other => path == "/token",
    }
}

/// The `WWW-Authenticate` header of a registry.
pub(super) fn challenge(exchange: &Exchange<'_>, host: &RegistryHost, scope: Option<&str>) -> String {
    let (scheme, authority) = (if exchange.listener.is_tls() { "https" } else { "http" }, &exchange.authority);
    let (realm, service) = match LoginKind::of(host.as_str()) {
        LoginKind::DockerHub => (format!("https://{DOCKER_HUB_TOKENS}/token"), "registry.docker.io"),
        LoginKind::Google => (format!("{scheme}://{authority}/v2/token"), host.as_str()),
        LoginKind::Azure => (format!("{scheme}://{authority}/oauth2/token"), host.as_str()),
        LoginKind::Other => (format!("{scheme}://{authority}/token"), host.as_str()),
    };
    let scope = scope.map(|scope| format!(",scope=\"{scope}\"")).unwrap_or_default();
    format!("Bearer realm=\"{realm}\",service=\"{service}\"{scope}")
}

/// The content of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Grant {
    user: Option<User>,
    scope: String,
    expires: Timestamp,
}

/// The sender of a request, and whether it may write.
#[derive(Clone, Debug, Default)]
pub(super) struct Login {
    pub(super) user: Option<User>,
    /// Its token allows pushes to the repository.
    pub(super) pushes: bool,
}

/// Reads the login of a request about `repository`; `None` if there is none, or if it is invalid or expired.
pub(super) fn read(exchange: &Exchange<'_>, repository: Option<&str>) -> Option<Login> {
    let value = header_text(&exchange.parts, "authorization")?;
    if let Some(basic) = value.strip_prefix("Basic ") {
        return User::from_basic(basic).map(|user| Login { user: Some(user), pushes: true });
    }
    let emulator = exchange.emulator;
    let grant: Grant = emulator.signer.open(ACCESS, value.strip_prefix("Bearer ")?)?;
    let pushes = grant.user.is_some() && repository.is_some_and(|name| allows_push(&grant.scope, name));
    (grant.expires > emulator.clock.now()).then_some(Login { user: grant.user, pushes })
}

fn allows_push(scopes: &str, repository: &str) -> bool {
    scopes.split(' ').any(|scope| {
        let actions =
            scope.strip_prefix("repository:").and_then(|rest| rest.strip_prefix(repository)?.strip_prefix(':'));
        actions.is_some_and(|actions| actions.split(',').any(|action| action == "push" || action == "*"))
    })
}

/// Answers a request for a token.
pub(crate) async fn answer(exchange: Exchange<'_>, mut body: RequestBody) -> Response<ResponseBody> {
    let emulator = exchange.emulator;
    let entry = exchange.entry;
    entry.service = Service::Registry;
    entry.action = "GetToken".to_owned();
    let refused = |entry: &mut crate::LogEntry, message: &str| {
        entry.error = Some("UNAUTHORIZED".to_owned());
        let body = json!({ "errors": [{ "code": "UNAUTHORIZED", "message": message }], "details": message });
        content(StatusCode::UNAUTHORIZED, "application/json", body.to_string())
    };
    let mut pairs = form_pairs(exchange.parts.uri.query().unwrap_or_default());
    let posted = exchange.parts.method == Method::POST;
    if posted {
        match read_body(&mut body).await {
            Ok(bytes) => pairs.extend(form_pairs(&String::from_utf8_lossy(&bytes))),
            Err(error) => return refused(entry, &error.to_string()),
        }
    }
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let basic = header_text(&exchange.parts, "authorization").and_then(|value| value.strip_prefix("Basic "));
    let user = match (value("grant_type"), basic) {
        (Some("password"), _) => {
            User::new(value("username").unwrap_or_default(), value("password").unwrap_or_default())
        }
        (Some("refresh_token"), _) => value("refresh_token").and_then(|token| emulator.signer.open(REFRESH, token)),
        // Azure: exchanges an identity token for a registry token.
        (Some("access_token"), _) => User::new("azure", value("access_token").unwrap_or_default()),
        (_, Some(basic)) => User::from_basic(basic),
        (_, None) => None,
    };
    let asked_as_someone = basic.is_some() || value("grant_type").is_some();
    if user.is_none() && asked_as_someone {
        return refused(entry, "incorrect username or password");
    }
    if let Some(user) = &user {
        entry.auth = AuthKind::Basic;
        entry.param("user", &user.name);
    }
    let scopes: Vec<&str> = pairs.iter().filter(|(key, _)| key == "scope").map(|(_, value)| value.as_str()).collect();
    let scope = scopes.join(" ");
    if !scope.is_empty() {
        entry.param("scope", &scope);
    }
    let refresh = user.as_ref().map(|user| emulator.signer.seal(REFRESH, user));
    let token = access_token(emulator, user, &scope);
    let mut answer = json!({ "token": token, "access_token": token, "expires_in": LIFETIME.as_secs(), "scope": scope });
    answer["issued_at"] = json!(emulator.clock.now().to_string());
    if exchange.parts.uri.path() == EXCHANGE || posted || value("offline_token") == Some("true") {
        answer["refresh_token"] = json!(refresh);
    }
    content(StatusCode::OK, "application/json", answer.to_string())
}

fn access_token(emulator: &Emulator, user: Option<User>, scope: &str) -> String {
    let expires = emulator.clock.now() + LIFETIME;
    emulator.signer.seal(ACCESS, &Grant { user, scope: scope.to_owned(), expires })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        assert!(allows_push("repository:team/shop:pull,push", "team/shop"));
        assert!(allows_push("repository:base:pull repository:team/shop:*", "team/shop"));
        assert!(!allows_push("repository:team/shop:pull", "team/shop"));
        assert!(!allows_push("repository:team/shop/x:push", "team/shop"));
        assert!(!allows_push("", "team/shop"));
    }

    #[test]
    fn each_registry_has_its_token_address() {
        for (host, path) in [
            ("auth.docker.io", "/token"),
            ("us-docker.pkg.dev", "/v2/token"),
            ("eu.gcr.io", "/v2/token"),
            ("team.azurecr.io", "/oauth2/token"),
            ("team.azurecr.io", "/oauth2/exchange"),
            ("quay.io", "/token"),
        ] {
            assert!(is_token_address(host, path), "{host}{path}");
        }
        for (host, path) in [("index.docker.io", "/token"), ("quay.io", "/v2/token"), ("us-docker.pkg.dev", "/token")] {
            assert!(!is_token_address(host, path), "{host}{path}");
        }
    }
}
