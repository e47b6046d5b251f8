//! The local OIDC issuer: stands for the CI's, signs tokens with a key of the data folder, and publishes that key.
//!
//! Signatures are ES256: AWS takes them as well as the CI's RS256, and a key costs microseconds instead of seconds.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Response, StatusCode};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    AuthKind, Service, StoreError,
    emulator::Exchange,
    http::{ResponseBody, content},
    storage::{Digest, Store},
};

/// How long a token lasts: one hour, as the CI's.
const LIFETIME_SECONDS: i64 = 3600;
/// The audience that AWS expects.
const AUDIENCE: &str = "sts.amazonaws.com";

/// What a token says about the execution that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The account's identifier.
    pub account_id: String,
    /// The organization's identifier.
    pub organization_id: String,
    /// The project's identifier.
    pub project_id: String,
    /// The pipeline's identifier.
    pub pipeline_id: String,
}

impl Workload {
    /// Returns the issuer of this account's tokens, as the hosted CI names it.
    pub fn issuer(&self) -> String {
        format!("https://app.harness.io/ng/api/oidc/account/{}", self.account_id)
    }

    /// Returns the token's `sub`.
    pub fn subject(&self) -> String {
        format!("account/{}:org/{}:project/{}", self.account_id, self.organization_id, self.project_id)
    }
}

/// The issuer cannot be used.
#[derive(Debug, Error)]
pub enum OidcError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored key is not one.
    #[error("the OIDC key in the data folder cannot be used: {0}")]
    Key(String),
}

/// Signs tokens, and knows its own again.
pub struct OidcIssuer {
    signing: EncodingKey,
    checking: DecodingKey,
    key_id: String,
    point: [String; 2],
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: String,
    sub: String,
    aud: &'a str,
    iat: i64,
    exp: i64,
    account_id: &'a str,
    organization_id: &'a str,
    project_id: &'a str,
    pipeline_id: &'a str,
    context: &'a str,
}

impl OidcIssuer {
    /// Opens the issuer of a data folder; its key is made by whoever comes first.
    ///
    /// # Errors
    /// The folder or the key in it cannot be used.
    pub fn open(data_dir: &Path) -> Result<Self, OidcError> {
        Self::of_store(&Store::open(data_dir)?)
    }

    pub(crate) fn of_store(store: &Store) -> Result<Self, OidcError> {
        let random = SystemRandom::new();
        let pkcs8 = store.shared_bytes("oidc-key.der", || {
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
            key.expect("the operating system's random source works").as_ref().to_vec()
        })?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random)
            .map_err(|e| OidcError::Key(e.to_string()))?;
        // The uncompressed point: one byte, then both coordinates of 32 bytes.
        let public = pair.public_key().as_ref();
        let point = [&public[1..33], &public[33..]].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        let checking =
            DecodingKey::from_ec_components(&point[0], &point[1]).map_err(|e| OidcError::Key(e.to_string()))?;
        let key_id = Digest::of(public).hex()[..16].to_owned();
        Ok(Self { signing: EncodingKey::from_ec_der(&pkcs8), checking, key_id, point })
    }

    /// Makes a token for an execution.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn token(&self, workload: &Workload, now: Timestamp) -> Result<String, OidcError> {
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        let claims = Claims {
            iss: workload.issuer(),
            sub: workload.subject(),
            aud: AUDIENCE,
            iat: now.as_second(),
            exp: now.as_second() + LIFETIME_SECONDS,
            account_id: &workload.account_id,
            organization_id: &workload.organization_id,
            project_id: &workload.project_id,
            pipeline_id: &workload.pipeline_id,
            context: "PIPELINE_EXECUTION",
        };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|e| OidcError::Key(e.to_string()))
    }

    /// Says whether this issuer signed a token. Its times are the caller's to check, by the injected clock.
    pub(crate) fn signed(&self, token: &str) -> bool {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Value>(token, &self.checking, &validation).is_ok()
    }

    fn jwks(&self) -> Value {
        let [x, y] = &self.point;
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.key_id, "x": x, "y": y,
        }] })
    }
}

impl std::fmt::Debug for OidcIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcIssuer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Answers requests for the issuer's documents, whatever precedes `/.well-known/` in the address.
pub(crate) fn answer(call: Exchange<'_>) -> Response<ResponseBody> {
    call.entry.service = Service::Oidc;
    call.entry.auth = AuthKind::None;
    let path = call.parts.uri.path();
    let (prefix, document) = path.split_once("/.well-known/").unwrap_or((path, ""));
    document.clone_into(&mut call.entry.action);
    let scheme = if call.listener.is_tls() { "https" } else { "http" };
    let issuer = format!("{scheme}://{}{prefix}", call.authority);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_tokens_again() {
        let dir = tempfile::tempdir().unwrap();
        let issuer = OidcIssuer::open(dir.path()).unwrap();
        let text = |text: &str| text.to_owned();
        let workload = Workload {
            account_id: text("acc"),
            organization_id: text("default"),
            project_id: text("shop"),
            pipeline_id: text("build"),
        };
        let token = issuer.token(&workload, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
        assert!(OidcIssuer::open(dir.path()).unwrap().signed(&token), "the key is kept");
        let other = tempfile::tempdir().unwrap();
        assert!(!OidcIssuer::open(other.path()).unwrap().signed(&token));
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        insta::assert_snapshot!(String::from_utf8(payload).unwrap(), @r#"{"iss":"https://app.harness.io/ng/api/oidc/account/acc","sub":"account/acc:org/default:project/shop","aud":"sts.amazonaws.com","iat":1767225600,"exp":1767229200,"account_id":"acc","organization_id":"default","project_id":"shop","pipeline_id":"build","context":"PIPELINE_EXECUTION"}"#);
    }
}
