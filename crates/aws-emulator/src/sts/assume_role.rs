//! AssumeRole: a signed caller assumes a role.

use std::time::Duration;

use cirun_image_ref::is_account;

use super::{Params, StsError, credentials, rule, xml::Element};
use crate::{
    Role, Strictness,
    emulator::Emulator,
    identity::{Caller, CallerKind, Principal, Session, unique_id},
};

/// The default duration of a session.
pub(super) const DEFAULT_SESSION: Duration = Duration::from_secs(3600);
/// The longest name of a role.
const LONGEST_ROLE_NAME: usize = 64;
/// The longest session of an undeclared role: IAM's own limit.
const LONGEST_SESSION: Duration = Duration::from_secs(12 * 3600);
/// The longest session of a role that was assumed from another role.
const LONGEST_CHAINED_SESSION: Duration = Duration::from_secs(3600);

/// The parts of `arn:aws:iam::123456789012:role/path/name`.
pub(super) struct RoleArn<'a> {
    pub(super) arn: &'a str,
    partition: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> RoleArn<'a> {
    pub(super) fn parse(arn: &'a str) -> Result<Self, StsError> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, "iam", "", account, resource] if is_account(account) => {
                let name = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
                let is_name = |name: &&str| rule::name("RoleName", name, 1..=LONGEST_ROLE_NAME, "").is_ok();
                let name = name.filter(is_name);
                name.map(|name| Self { arn, partition, account, name })
            }
            _ => None,
        }
        .ok_or_else(|| StsError::Validation(format!("{arn} is invalid")))
    }

    /// Returns the new identity of the caller.
    pub(super) fn session(&self, session_name: &str) -> Principal {
        let Self { partition, account, name, .. } = self;
        Principal {
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}"),
            account: (*account).to_owned(),
            user_id: format!("{}:{session_name}", unique_id("AROA", self.arn)),
        }
    }
}

pub(super) fn assume(emulator: &Emulator, caller: &Caller, params: &Params) -> Result<Element, StsError> {
    let arn = RoleArn::parse(params.require("RoleArn")?)?;
    let session_name = session_name(params)?;
    let source_identity = source_identity(params)?;
    let packed = rule::packed_policy(params)?;
    if let Some(id) = params.get("ExternalId") {
        rule::name("ExternalId", id, 2..=1224, ":/")?;
    }
    let role = emulator.roles.iter().find(|role| role.arn == arn.arn);
    let allowed = match role {
        Some(role) => trusts(role, caller) && external_id_fits(role, params),
        None => emulator.strictness == Strictness::Lenient,
    };
    if !allowed {
        return Err(StsError::AccessDenied {
            caller: caller.principal.arn.clone(),
            action: "sts:AssumeRole",
            resource: arn.arn.to_owned(),
        });
    }
    let duration = session_duration(params, DEFAULT_SESSION, longest_session(role))?;
    if caller.kind == CallerKind::Session && duration > LONGEST_CHAINED_SESSION {
        return Err(StsError::TooLongForAChain);
    }
    let session = Session::new(arn.session(session_name), emulator.clock.now() + duration);
    let mut answer = vec![
        assumed_user(&session.principal),
        credentials(&session.keys(&emulator.signer)),
        Element::text("PackedPolicySize", packed.to_string()),
    ];
    answer.extend(source_identity.map(|identity| Element::text("SourceIdentity", identity)));
    Ok(Element::result("AssumeRole", answer))
}

/// Parses `SourceIdentity`: the caller's identity outside AWS.
pub(super) fn source_identity(params: &Params) -> Result<Option<&str>, StsError> {
    let Some(identity) = params.get("SourceIdentity") else { return Ok(None) };
    rule::name("SourceIdentity", identity, 2..=64, "")?;
    Ok(Some(identity))
}

/// Parses the duration of a role's session.
pub(super) fn session_duration(params: &Params, default: Duration, longest: Duration) -> Result<Duration, StsError> {
    let duration = rule::duration(params, default.min(longest), LONGEST_SESSION)?;
    if duration > longest { Err(StsError::TooLong) } else { Ok(duration) }
}

/// Renders `AssumedRoleUser`.
pub(super) fn assumed_user(principal: &Principal) -> Element {
    Element::parent(
        "AssumedRoleUser",
        [Element::text("AssumedRoleId", &principal.user_id), Element::text("Arn", &principal.arn)],
    )
}

pub(super) fn longest_session(role: Option<&Role>) -> Duration {
    role.map_or(LONGEST_SESSION, |role| role.max_session)
}

/// Parses `RoleSessionName`: 2 to 64 letters, digits and `+=,.@_-`.
pub(super) fn session_name(params: &Params) -> Result<&str, StsError> {
    let name = params.require("RoleSessionName")?;
    check_session_name(name)?;
    Ok(name)
}

pub(super) fn check_session_name(name: &str) -> Result<(), StsError> {
    rule::name("RoleSessionName", name, 2..=64, "")
}

fn trusts(role: &Role, caller: &Caller) -> bool {
    let principal = &caller.principal;
    role.trusted.is_empty()
        || role.trusted.iter().any(|trusted| {
            *trusted == principal.account
                || *trusted == principal.arn
                || trusted.strip_suffix(":root").is_some_and(|root| root.ends_with(&format!("::{}", principal.account)))
                || role_of_session(&principal.arn).is_some_and(|role| *trusted == role)
        })
}

/// Converts a session's ARN to the ARN of its role, as in trust policies (except for roles with a path).
fn role_of_session(arn: &str) -> Option<String> {
    let (head, rest) = arn.split_once(":assumed-role/")?;
    let (role, _session) = rest.split_once('/')?;
    Some(format!("{}:role/{role}", head.replace(":sts:", ":iam:")))
}

fn external_id_fits(role: &Role, params: &Params) -> bool {
    role.external_id.is_none() || role.external_id.as_deref() == params.get("ExternalId")
}
