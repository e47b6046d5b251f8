//! The sender of a request: users, sessions of roles, and undeclared keys.

mod key;
mod session;

use cirun_image_ref::{is_account, partition_name};
use http::request::Parts;

pub(crate) use self::{
    key::{account_of_key, new_key_id, unique_id},
    session::{Session, SessionKeys},
};
use crate::{
    Identity, StoreError, Strictness,
    emulator::Emulator,
    sigv4::{self, Scope, Signature, SignatureError},
    storage::{KeyRecord, Store},
};

/// A user or a role session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) arn: String,
    pub(crate) account: String,
    /// `AIDA…` of a user, or `AROA…:name` of a session.
    pub(crate) user_id: String,
}

impl Principal {
    /// Records that a key of another emulator belongs to this principal.
    pub(crate) fn remember(self, store: &Store, key: &str) -> Result<(), StoreError> {
        let Self { arn, account, user_id } = self;
        store.remember_key(key, &KeyRecord { arn, account, user_id })
    }
}

/// Returns the account in an ARN.
pub(crate) fn account_of_arn(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| is_account(account))
}

/// The sender of a signed request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) access_key_id: String,
    /// The region in the signature.
    pub(crate) region: String,
    pub(crate) kind: CallerKind,
}

/// Whether a caller's keys are its own or those of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallerKind {
    User,
    Session,
}

/// Why a signed request is refused; STS and ECR have their own messages for each reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// No signature.
    Missing,
    /// A key or session token that is unknown, or no longer known.
    Unknown,
    /// The session has expired.
    Expired,
    /// The signature does not match the key.
    Signature,
    /// The signature's time is too far off.
    Time,
    /// The signature is for another service.
    Service,
}

/// AWS's message for [`AuthError::Signature`].
pub(crate) const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. \
     Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/// Finds out who signed a request to `service`; with [`Strictness::Strict`] also checks the signature.
pub(crate) fn authenticate(
    emulator: &Emulator,
    service: &str,
    parts: &Parts,
    host: &str,
    body: &[u8],
) -> Result<Caller, AuthError> {
    let signature = sigv4::parse(parts).ok_or(AuthError::Missing)?;
    let partition = partition_name(&signature.scope.region);
    let (principal, proof, kind) = identify(emulator, &signature, partition)?;
    if emulator.strictness == Strictness::Strict {
        if signature.scope.service != service {
            return Err(AuthError::Service);
        }
        match proof {
            Proof::Secret(secret) => {
                let now = emulator.clock.now();
                sigv4::verify(parts, host, body, &signature, &secret, now).map_err(|e| match e {
                    SignatureError::Mismatch => AuthError::Signature,
                    SignatureError::Time => AuthError::Time,
                })?;
            }
            Proof::Upstream => {}
            Proof::None => return Err(AuthError::Unknown),
        }
    }
    let Scope { access_key_id, region, .. } = signature.scope;
    Ok(Caller { principal, access_key_id, region, kind })
}

/// How to check a signature.
enum Proof {
    /// With the key.
    Secret(String),
    /// Not here: the emulator that calls are forwarded to issued the key, and checks it.
    Upstream,
    /// Not at all.
    None,
}

type Identified = (Principal, Proof, CallerKind);

fn identify(emulator: &Emulator, signature: &Signature, partition: &str) -> Result<Identified, AuthError> {
    let key = &signature.scope.access_key_id;
    let own = signature.session_token.as_deref().and_then(|token| Session::open(&emulator.signer, token));
    if let Some(session) = own {
        if session.access_key_id != *key {
            return Err(AuthError::Unknown);
        }
        if session.expires_at <= emulator.clock.now() {
            return Err(AuthError::Expired);
        }
        let secret = session.secret_access_key(&emulator.signer);
        return Ok((session.principal, Proof::Secret(secret), CallerKind::Session));
    }
    if let Some(identity) = emulator.identities.iter().find(|identity| identity.access_key_id == *key) {
        return Ok((user(identity, partition), Proof::Secret(identity.secret_access_key.clone()), CallerKind::User));
    }
    if emulator.upstream.is_some()
        && let Some(KeyRecord { arn, account, user_id }) = emulator.store.recall_key(key)
    {
        return Ok((Principal { arn, account, user_id }, Proof::Upstream, CallerKind::Session));
    }
    let temporary = key.starts_with("ASIA");
    // CI sends temporary keys without their session token if a connector drops it: AWS refuses them.
    if temporary && signature.session_token.is_none() {
        return Err(AuthError::Unknown);
    }
    Ok((
        undeclared(emulator, key, partition),
        Proof::None,
        if temporary { CallerKind::Session } else { CallerKind::User },
    ))
}

fn user(identity: &Identity, partition: &str) -> Principal {
    Principal {
        arn: format!("arn:{partition}:iam::{}:user/{}", identity.account, identity.user),
        account: identity.account.clone(),
        user_id: unique_id("AIDA", &format!("{}/{}", identity.account, identity.user)),
    }
}

/// The principal of an undeclared key: a user of the default account.
fn undeclared(emulator: &Emulator, key: &str, partition: &str) -> Principal {
    let account = emulator.default_account.clone();
    Principal { arn: format!("arn:{partition}:iam::{account}:user/local"), account, user_id: unique_id("AIDA", key) }
}
