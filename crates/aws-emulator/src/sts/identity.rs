//! GetCallerIdentity, GetSessionToken, GetAccessKeyInfo; and actions that are always refused.

use std::time::Duration;

use super::{Params, StsError, credentials, rule, xml::Element};
use crate::{
    emulator::Emulator,
    identity::{Caller, CallerKind, Principal, Session, account_of_key},
};

/// A user's session lasts twelve hours by default, and 36 hours at most.
pub(super) const USER_SESSION: Duration = Duration::from_secs(12 * 3600);
pub(super) const LONGEST_USER_SESSION: Duration = Duration::from_secs(36 * 3600);

pub(super) fn caller(principal: &Principal) -> Element {
    Element::result(
        "GetCallerIdentity",
        [
            Element::text("Arn", &principal.arn),
            Element::text("UserId", &principal.user_id),
            Element::text("Account", &principal.account),
        ],
    )
}

pub(super) fn session_token(emulator: &Emulator, caller: &Caller, params: &Params) -> Result<Element, StsError> {
    refuse_session(caller, "sts:GetSessionToken")?;
    let duration = rule::duration(params, USER_SESSION, LONGEST_USER_SESSION)?;
    let session = Session::new(caller.principal.clone(), emulator.clock.now() + duration);
    Ok(Element::result("GetSessionToken", [credentials(&session.keys(&emulator.signer))]))
}

/// Refuses callers that are not users.
pub(super) fn refuse_session(caller: &Caller, action: &'static str) -> Result<(), StsError> {
    match caller.kind {
        CallerKind::User => Ok(()),
        CallerKind::Session => {
            Err(StsError::AccessDenied { caller: caller.principal.arn.clone(), action, resource: "*".to_owned() })
        }
    }
}

/// The maximum number of audiences in a token.
const MOST_AUDIENCES: usize = 10;

/// GetWebIdentityToken: an account must enable such tokens first, which is not possible here.
pub(super) fn web_identity_token(caller: &Caller, params: &Params) -> Result<Element, StsError> {
    let audiences = params.members("Audience", "");
    if !(1..=MOST_AUDIENCES).contains(&audiences.len()) {
        let rule = format!("Member must have length between 1 and {MOST_AUDIENCES}");
        return Err(StsError::constraint("Audience", &audiences.join(", "), &rule));
    }
    let algorithm = params.require("SigningAlgorithm")?;
    if !matches!(algorithm, "ES384" | "RS256") {
        let rule = "Member must satisfy enum value set: [ES384, RS256]";
        return Err(StsError::constraint("SigningAlgorithm", algorithm, rule));
    }
    Err(StsError::OutboundFederationDisabled(caller.principal.account.clone()))
}

/// DecodeAuthorizationMessage: the emulator encodes no messages, so none is valid.
pub(super) fn decode_message(params: &Params) -> Result<Element, StsError> {
    params.require("EncodedMessage")?;
    Err(StsError::InvalidAuthorizationMessage)
}

pub(super) fn access_key_info(emulator: &Emulator, params: &Params) -> Result<Element, StsError> {
    let key = params.require("AccessKeyId")?;
    let declared = emulator.identities.iter().find(|identity| identity.access_key_id == key);
    let account = declared
        .map(|identity| identity.account.clone())
        .or_else(|| account_of_key(key))
        .ok_or_else(|| StsError::malformed("AccessKeyId", key))?;
    Ok(Element::result("GetAccessKeyInfo", [Element::text("Account", account)]))
}
