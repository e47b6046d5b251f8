//! Who am I: GetCallerIdentity, GetSessionToken, GetAccessKeyInfo.

use std::time::Duration;

use super::{Params, StsError, credentials, xml::Element};
use crate::{
    emulator::Emulator,
    identity::{Caller, CallerKind, Principal, Session, account_of_key},
};

/// A user's session lasts half a day unless asked otherwise, a day and a half at most.
const USER_SESSION: Duration = Duration::from_secs(12 * 3600);
const LONGEST_USER_SESSION: Duration = Duration::from_secs(36 * 3600);

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
    if caller.kind == CallerKind::Session {
        return Err(StsError::AccessDenied {
            caller: caller.principal.arn.clone(),
            action: "sts:GetSessionToken",
            resource: "*".to_owned(),
        });
    }
    let duration = params.duration(USER_SESSION, LONGEST_USER_SESSION)?;
    let session = Session::new(caller.principal.clone(), emulator.clock.now() + duration);
    Ok(Element::result("GetSessionToken", [credentials(&session.keys(&emulator.signer))]))
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
