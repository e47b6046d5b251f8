//! AssumeRoleWithSAML: the assertion of an identity provider assumes a role.
//!
//! Providers' keys are unknown here, so signatures are not checked: a declared role, and a strict emulator, accept no
//! assertion.

mod assertion;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest;

use self::assertion::Assertion;
use super::{
    Params, StsError,
    assume_role::{DEFAULT_SESSION, RoleArn, assumed_user, check_session_name, longest_session, session_duration},
    credentials, rule,
    xml::Element,
};
use crate::{Strictness, emulator::Emulator, identity::Session};

pub(super) fn assume(emulator: &Emulator, params: &Params) -> Result<Element, StsError> {
    let arn = RoleArn::parse(params.require("RoleArn")?)?;
    let provider = params.require("PrincipalArn")?;
    let packed = rule::packed_policy(params)?;
    let assertion = Assertion::read(params.require("SAMLAssertion")?)?;
    let now = emulator.clock.now();
    if assertion.expires.is_some_and(|expires| expires <= now) {
        return Err(StsError::ExpiredIdentityToken);
    }
    let role = emulator.roles.iter().find(|role| role.arn == arn.arn);
    let allowed = role.is_none() && emulator.strictness == Strictness::Lenient && assertion.names_role(arn.arn);
    if !allowed {
        return Err(StsError::FederationDenied("sts:AssumeRoleWithSAML"));
    }
    let session_name = assertion.session_name()?;
    check_session_name(session_name)?;
    let longest = longest_session(role);
    let duration = session_duration(params, DEFAULT_SESSION, longest)?;
    let duration = assertion.session_duration.map_or(duration, |asserted| {
        if params.get("DurationSeconds").is_some() { duration.min(asserted) } else { asserted.min(longest) }
    });
    let session = Session::new(arn.session(session_name), now + duration);
    let qualifier = qualifier(&assertion.issuer, &session.principal.account, provider);
    Ok(Element::result(
        "AssumeRoleWithSAML",
        [
            Element::text("Audience", assertion.recipient),
            assumed_user(&session.principal),
            credentials(&session.keys(&emulator.signer)),
            Element::text("Issuer", assertion.issuer),
            Element::text("NameQualifier", qualifier),
            Element::text("PackedPolicySize", packed.to_string()),
            Element::text("Subject", assertion.subject),
            Element::text("SubjectType", assertion.subject_type),
        ],
    ))
}

/// Returns the name qualifier of a provider's subjects: a hash of issuer, account and provider.
fn qualifier(issuer: &str, account: &str, provider: &str) -> String {
    let name = provider.rsplit('/').next().unwrap_or_default();
    let text = format!("{issuer}{account}/{name}");
    STANDARD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
}
