//! The issuer: signs tokens with a key in the data directory.
//!
//! Signatures use ES256: AWS accepts it as well as the CI's RS256, and generating a key takes microseconds instead of
//! seconds.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    StoreError,
    jws::{CheckingKey, Point, SigningKey},
    storage::{Digest, Store},
};

/// The lifetime of a token: one hour, like the CI's.
const LIFETIME_SECONDS: i64 = 3600;
/// The hosted CI, the issuer in the tokens.
const HOSTED: &str = "https://app.harness.io";
/// The prefix of its issuers; an account's identifier follows.
pub(super) const ISSUER_PATH: &str = "/ng/api/oidc/account/";
/// The audience that AWS expects.
const AUDIENCE: &str = "sts.amazonaws.com";

/// The claims of a token about the execution.
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
    /// Returns the issuer of this account's tokens in the hosted CI.
    pub fn issuer(&self) -> String {
        format!("{HOSTED}{ISSUER_PATH}{}", self.account_id)
    }

    /// Returns the token's `sub`.
    pub fn subject(&self) -> String {
        format!("account/{}:org/{}:project/{}", self.account_id, self.organization_id, self.project_id)
    }
}

/// The audience of a token, if it is not AWS, and its issuer, if it is not the hosted CI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// The token's `aud`.
    pub audience: Option<String>,
    /// The token's `iss`: a verifier that reads the discovery document expects the address of that document.
    pub issuer: Option<String>,
}

/// Why the issuer cannot be used.
#[derive(Debug, Error)]
pub enum OidcError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored key is invalid.
    #[error("the OIDC key in the data directory cannot be used: {0}")]
    Key(String),
    /// Only the public half of the key is available.
    #[error("this process has the OIDC issuer's public key only, and makes no tokens")]
    PublicOnly,
}

/// Signs tokens, and recognises its own.
#[derive(Clone)]
pub struct OidcIssuer {
    /// `None` if only the public half is known: such an issuer only checks tokens.
    signing: Option<Arc<SigningKey>>,
    checking: CheckingKey,
    key_id: String,
    point: Point,
}

/// The public half of an issuer's key, to check its tokens elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcKey {
    /// The point's first coordinate, as in a JWK.
    pub x: String,
    /// The second coordinate.
    pub y: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
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
    /// Opens the issuer of a data directory; the first caller creates its key.
    ///
    /// # Errors
    /// The directory or the key in it cannot be used.
    pub fn open(data_dir: &Path) -> Result<Self, OidcError> {
        Self::of_store(&Store::open(data_dir)?)
    }

    pub(crate) fn of_store(store: &Store) -> Result<Self, OidcError> {
        let pkcs8 = store.shared_bytes("oidc-key.der", SigningKey::generate)?;
        let signing = SigningKey::read(&pkcs8).map_err(OidcError::Key)?;
        let [x, y] = signing.point();
        Ok(Self { signing: Some(Arc::new(signing)), ..Self::of_key(&OidcKey { x, y })? })
    }

    /// An issuer with only its public key: it checks tokens, but makes none.
    ///
    /// # Errors
    /// An invalid key.
    pub fn of_key(key: &OidcKey) -> Result<Self, OidcError> {
        let point = [key.x.clone(), key.y.clone()];
        let checking = CheckingKey::read(&point).map_err(OidcError::Key)?;
        let key_id = Digest::of(point.concat().as_bytes()).hex()[..16].to_owned();
        Ok(Self { signing: None, checking, key_id, point })
    }

    /// The public half of its key.
    pub fn key(&self) -> OidcKey {
        let [x, y] = self.point.clone();
        OidcKey { x, y }
    }

    /// Creates a token for an execution.
    ///
    /// # Errors
    /// The key cannot sign, or is not available.
    pub fn token(&self, workload: &Workload, now: Timestamp) -> Result<String, OidcError> {
        self.token_for(workload, &Audience::default(), now)
    }

    /// Creates a token for an execution with its own audience.
    ///
    /// # Errors
    /// The key cannot sign, or is not available.
    pub fn token_for(&self, workload: &Workload, audience: &Audience, now: Timestamp) -> Result<String, OidcError> {
        let signing = self.signing.as_ref().ok_or(OidcError::PublicOnly)?;
        let own = workload.issuer();
        let claims = Claims {
            iss: audience.issuer.as_deref().unwrap_or(&own),
            sub: workload.subject(),
            aud: audience.audience.as_deref().unwrap_or(AUDIENCE),
            iat: now.as_second(),
            exp: now.as_second() + LIFETIME_SECONDS,
            account_id: &workload.account_id,
            organization_id: &workload.organization_id,
            project_id: &workload.project_id,
            pipeline_id: &workload.pipeline_id,
            context: "PIPELINE_EXECUTION",
        };
        signing.sign(&self.key_id, &claims).map_err(OidcError::Key)
    }

    /// Whether this issuer signed a token. The caller checks its times, with its own clock.
    pub(crate) fn signed(&self, token: &str) -> bool {
        self.checking.signed(token)
    }

    /// Whether a token with this `iss` must be from this issuer, because it takes the place of the hosted CI.
    pub(crate) fn is_hosted(issuer: &str) -> bool {
        issuer.strip_prefix(HOSTED).is_some_and(|path| path.starts_with(ISSUER_PATH))
    }

    /// Its keys, as a JWK set.
    pub(super) fn jwks(&self) -> Value {
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

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

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
        let public = OidcIssuer::of_key(&issuer.key()).unwrap();
        assert!(public.signed(&token), "the public half is enough to check");
        assert!(matches!(public.token(&workload, Timestamp::UNIX_EPOCH), Err(OidcError::PublicOnly)));
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        insta::assert_snapshot!(String::from_utf8(payload).unwrap(), @r#"{"iss":"https://app.harness.io/ng/api/oidc/account/acc","sub":"account/acc:org/default:project/shop","aud":"sts.amazonaws.com","iat":1767225600,"exp":1767229200,"account_id":"acc","organization_id":"default","project_id":"shop","pipeline_id":"build","context":"PIPELINE_EXECUTION"}"#);
    }
}
