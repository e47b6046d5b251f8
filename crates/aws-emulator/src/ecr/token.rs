//! GetAuthorizationToken, and its tokens, which the registry checks.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Call, EcrError};
use crate::{identity::Principal, token::Signer};

const PURPOSE: &str = "registry";
/// The user name of all ECR logins.
const USER: &str = "AWS";
/// The lifetime of ECR's tokens.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// The content of a registry token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RegistryToken {
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) access_key_id: String,
    expires: Timestamp,
}

/// Why a registry login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// Not `AWS:` and a valid token.
    Invalid,
    Expired,
}

impl RegistryToken {
    /// Creates the password of a login.
    fn issue(signer: &Signer, principal: &Principal, access_key_id: &str, expires: Timestamp) -> String {
        let token = Self {
            arn: principal.arn.clone(),
            account: principal.account.clone(),
            access_key_id: access_key_id.to_owned(),
            expires,
        };
        signer.seal(PURPOSE, &token)
    }

    /// Parses the value of a `Basic` header.
    pub(crate) fn check(signer: &Signer, basic: &str, now: Timestamp) -> Result<Self, TokenError> {
        let login = STANDARD.decode(basic.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let login = login.ok_or(TokenError::Invalid)?;
        let password = login.strip_prefix(USER).and_then(|rest| rest.strip_prefix(':')).ok_or(TokenError::Invalid)?;
        let token: Self = signer.open(PURPOSE, password).ok_or(TokenError::Invalid)?;
        if token.expires <= now { Err(TokenError::Expired) } else { Ok(token) }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_ids: Option<Vec<String>>,
}

pub(super) fn get(call: &Call) -> Result<Value, EcrError> {
    let input: Input = call.input()?;
    let emulator = &call.emulator;
    let expires = emulator.clock.now() + LIFETIME;
    let password = RegistryToken::issue(&emulator.signer, &call.caller.principal, &call.caller.access_key_id, expires);
    let token = STANDARD.encode(format!("{USER}:{password}"));
    let ids = input.registry_ids.filter(|ids| !ids.is_empty());
    let registries = match &ids {
        Some(ids) => ids.iter().map(|id| call.registry_of(id)).collect::<Result<Vec<_>, _>>()?,
        None => vec![call.registry(None)?],
    };
    let data: Vec<Value> = registries
        .iter()
        .map(|registry| {
            json!({
                "authorizationToken": token,
                "expiresAt": seconds(expires),
                "proxyEndpoint": format!("https://{}", registry.host()),
            })
        })
        .collect();
    Ok(json!({ "authorizationData": data }))
}

/// Returns a time in the format of JSON 1.1: seconds with a fraction.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}
