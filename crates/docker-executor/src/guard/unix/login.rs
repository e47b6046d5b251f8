//! `docker login` by the guarded socket: the registries whose images are kept here are answered for, as no password of this
//! run is theirs.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http_body_util::{BodyExt, Limited};
use hyper::{Request, Response, body::Incoming, header::HeaderMap};
use serde::Deserialize;
use serde_json::json;

use super::{
    PushRule,
    answer::{self, Body, BoxError},
    forward,
    names::host,
    serve::Guard,
};

/// More than any login has.
const MAX_BYTES: usize = 1 << 20;

/// A client's login, in a body or a header.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
    serveraddress: String,
}

/// Answers `POST /auth`.
pub(super) async fn answer(guard: &Guard, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
    let (parts, body) = request.into_parts();
    let bytes = Limited::new(body, MAX_BYTES).collect().await?.to_bytes();
    let login: Login = serde_json::from_slice(&bytes).unwrap_or_default();
    match guard.settings.rules.push(&host(&login.serveraddress)) {
        PushRule::Keep { .. } => Ok(answer::json(200, &json!({"Status": "Login Succeeded", "IdentityToken": ""}))),
        PushRule::Pass | PushRule::Refuse(_) => {
            let request = Request::from_parts(parts, answer::whole(bytes));
            Ok(forward::ask(guard.engine_socket(), request).await?.map(answer::passed))
        }
    }
}

/// Whether a push or pull comes with a login.
pub(super) fn is_logged_in(headers: &HeaderMap) -> bool {
    // Clients differ in the alphabet and in the padding.
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let Some(text) = headers.get("x-registry-auth").and_then(|value| value.to_str().ok()) else { return false };
    let text = text.replace('+', "-").replace('/', "_");
    let decoded = GeneralPurpose::new(&alphabet::URL_SAFE, padding).decode(text).unwrap_or_default();
    let login: Login = serde_json::from_slice(&decoded).unwrap_or_default();
    let password = !login.username.is_empty() && !login.password.is_empty();
    password || !login.identitytoken.is_empty() || !login.registrytoken.is_empty()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn logins() {
        let shown = |header: Option<String>| {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert("x-registry-auth", header.parse().unwrap());
            }
            is_logged_in(&headers)
        };
        let login = r#"{"username":"AWS","password":"p???~~~"}"#;
        assert!(shown(Some(STANDARD.encode(login))) && shown(Some(URL_SAFE.encode(login))));
        assert!(shown(Some(URL_SAFE_NO_PAD.encode(r#"{"identitytoken":"t"}"#))));
        for nobody in ["{}", r#"{"username":"","password":""}"#, "nonsense"] {
            assert!(!shown(Some(STANDARD.encode(nobody))), "{nobody}");
        }
        assert!(!shown(None) && !shown(Some("%%".to_owned())));
    }
}
