//! Temporary credentials: the session token contains the session, and the key is derived from its key id.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Principal, new_key_id};
use crate::token::Signer;

const PURPOSE: &str = "session";

/// A session of a role or a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) access_key_id: String,
    pub(crate) principal: Principal,
    pub(crate) expires_at: Timestamp,
}

/// The credentials in the response of STS.
pub(crate) struct SessionKeys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    pub(crate) expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    key: String,
    arn: String,
    account: String,
    user_id: String,
    expires: Timestamp,
}

impl Session {
    /// Starts a session with a new key.
    pub(crate) fn new(principal: Principal, expires_at: Timestamp) -> Self {
        Self { access_key_id: new_key_id("ASIA", &principal.account), principal, expires_at }
    }

    /// Returns the credentials of this session.
    pub(crate) fn keys(&self, signer: &Signer) -> SessionKeys {
        let claims = Claims {
            key: self.access_key_id.clone(),
            arn: self.principal.arn.clone(),
            account: self.principal.account.clone(),
            user_id: self.principal.user_id.clone(),
            expires: self.expires_at,
        };
        SessionKeys {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key(signer),
            session_token: signer.seal(PURPOSE, &claims),
            expires_at: self.expires_at,
        }
    }

    /// Reads a session token of this emulator.
    pub(crate) fn open(signer: &Signer, token: &str) -> Option<Self> {
        let claims: Claims = signer.open(PURPOSE, token)?;
        let principal = Principal { arn: claims.arn, account: claims.account, user_id: claims.user_id };
        Some(Self { access_key_id: claims.key, principal, expires_at: claims.expires })
    }

    /// Returns the key for an id: 40 characters, like AWS's.
    pub(crate) fn secret_access_key(&self, signer: &Signer) -> String {
        STANDARD.encode(signer.derive(&self.access_key_id)).chars().take(40).collect()
    }
}
