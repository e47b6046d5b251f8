//! The issuer's documents and its address for tokens.

use http::{Response, StatusCode};
use serde_json::json;

use super::issuer::{Audience, ISSUER_PATH, Workload};
use crate::{
    AuthKind, Service,
    emulator::Exchange,
    http::{ResponseBody, content, form_pairs},
};

/// Answers requests for the issuer's documents, whatever the prefix of `/.well-known/` in the address, and for tokens.
pub(crate) fn answer(call: Exchange<'_>) -> Response<ResponseBody> {
    call.entry.service = Service::Oidc;
    call.entry.auth = AuthKind::None;
    let path = call.parts.uri.path().to_owned();
    if let Some(account) = token_account(&path) {
        return token(call, account);
    }
    let (prefix, document) = path.split_once("/.well-known/").unwrap_or((&path, ""));
    document.clone_into(&mut call.entry.action);
    let issuer = address(&call, prefix);
    let value = match document {
        "openid-configuration" => json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks"),
            "subject_types_supported": ["public"],
            "response_types_supported": ["id_token"],
            "claims_supported": [
                "iss", "sub", "aud", "iat", "exp", "account_id", "organization_id", "project_id", "pipeline_id", "context",
            ],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["openid"],
        }),
        "jwks" => call.emulator.issuer.jwks(),
        _ => return content(StatusCode::NOT_FOUND, "text/plain", "no such document\n"),
    };
    content(StatusCode::OK, "application/json", value.to_string())
}

/// Reads the account from `/ng/api/oidc/account/<account>/token`, the address for tokens.
pub(crate) fn token_account(path: &str) -> Option<&str> {
    let account = path.strip_prefix(ISSUER_PATH)?.strip_suffix("/token")?;
    (!account.is_empty() && !account.contains('/')).then_some(account)
}

/// Creates a token: `org`, `project`, `pipeline` and `audience` come from the query; `issuer=local` puts this address
/// in `iss`.
fn token(call: Exchange<'_>, account: &str) -> Response<ResponseBody> {
    "Token".clone_into(&mut call.entry.action);
    let query = form_pairs(call.parts.uri.query().unwrap_or_default());
    let given = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let workload = Workload {
        account_id: account.to_owned(),
        organization_id: given("org").unwrap_or_else(|| "default".to_owned()),
        project_id: given("project").unwrap_or_default(),
        pipeline_id: given("pipeline").unwrap_or_default(),
    };
    let issuer = given("issuer").map(|issuer| match issuer.as_str() {
        "local" => address(&call, &format!("{ISSUER_PATH}{account}")),
        _ => issuer,
    });
    let audience = Audience { audience: given("audience"), issuer };
    call.entry.param("sub", workload.subject());
    match call.emulator.issuer.token_for(&workload, &audience, call.emulator.clock.now()) {
        Ok(token) => content(StatusCode::OK, "text/plain", format!("{token}\n")),
        Err(error) => content(StatusCode::NOT_FOUND, "text/plain", format!("{error}\n")),
    }
}

/// The address in the client's request.
fn address(call: &Exchange<'_>, path: &str) -> String {
    let scheme = if call.listener.is_tls() { "https" } else { "http" };
    format!("{scheme}://{}{path}", call.authority)
}
