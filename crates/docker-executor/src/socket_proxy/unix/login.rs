//! `docker login` through the proxied socket: the proxy answers for the registries whose images are kept here, because
//! they must not get passwords of this run.

use std::collections::BTreeMap;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE},
};
use cirun_image_ref::canonical_registry;
use hyper::{
    Response,
    header::{HeaderMap, HeaderValue},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    answer::{self, Body, BoxError},
    asked::Asked,
    document::{known, text_of},
    fields, forward,
    state::Proxy,
};
use crate::PushRule;

/// A client's login in a header.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

/// Answers `POST /auth`: if the run pushes nothing to a registry, it gets no password of the run.
pub(super) async fn answer(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let login = known(asked.object().await?, "a login", fields::LOGIN, proxy.places.reach)?;
    match proxy.settings.rules.push(&canonical_registry(text_of(&login, "serveraddress")?)) {
        PushRule::Keep { .. } | PushRule::Refuse(_) => {
            Ok(answer::json(200, &json!({"Status": "Login Succeeded", "IdentityToken": ""})))
        }
        PushRule::Pass => forward::pass(proxy.engine_socket(), asked.json(login)?).await,
    }
}

/// Whether a push or pull has a login.
pub(super) fn is_logged_in(headers: &HeaderMap) -> bool {
    let Some(text) = headers.get("x-registry-auth").and_then(|value| value.to_str().ok()) else { return false };
    let login: Login = serde_json::from_slice(&decoded(text)).unwrap_or_default();
    let password = !login.username.is_empty() && !login.password.is_empty();
    password || !login.identitytoken.is_empty() || !login.registrytoken.is_empty()
}

/// The login for a registry among those of a build, in the form of a pull's.
pub(super) fn of_build(headers: &HeaderMap, registry: &str) -> Option<HeaderValue> {
    let text = headers.get("x-registry-config")?.to_str().ok()?;
    let logins: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&decoded(text)).ok()?;
    let (_, login) = logins.into_iter().find(|(host, _)| canonical_registry(host) == registry)?;
    URL_SAFE.encode(login.to_string()).parse().ok()
}

/// Clients use different alphabets and padding.
fn decoded(text: &str) -> Vec<u8> {
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = text.replace('+', "-").replace('/', "_");
    GeneralPurpose::new(&alphabet::URL_SAFE, padding).decode(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

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
        for anonymous in ["{}", r#"{"username":"","password":""}"#, "nonsense"] {
            assert!(!shown(Some(STANDARD.encode(anonymous))), "{anonymous}");
        }
        assert!(!shown(None) && !shown(Some("%%".to_owned())));
    }

    #[test]
    fn logins_of_builds() {
        let mut headers = HeaderMap::new();
        let logins = r#"{"https://index.docker.io/v1/":{"username":"u"},"r.io":{"username":"v"}}"#;
        headers.insert("x-registry-config", URL_SAFE.encode(logins).parse().unwrap());
        let found = |registry| of_build(&headers, registry).map(|login| decoded(login.to_str().unwrap()));
        assert_eq!(found("docker.io").as_deref(), Some(&br#"{"username":"u"}"#[..]));
        assert_eq!(found("quay.io"), None);
    }
}
