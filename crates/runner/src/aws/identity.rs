//! The developer's own identity.

use cirun_aws::{IdentityOptions, SignInError, resolve_identity};
use cirun_diagnostics::Failure;
use cirun_plan::Secret;
use cirun_planner::DelegateIdentity;
use cirun_project::settings::{AwsMode, Settings};

/// The identity that takes the delegate's place on real AWS. `None` if AWS is not real.
///
/// # Errors
/// The developer is not signed in.
pub async fn delegate(settings: &Settings) -> Result<Option<DelegateIdentity>, Failure> {
    if settings.aws.value != AwsMode::Real {
        return Ok(None);
    }
    let failure = |error: SignInError| {
        let help = sign_in_help(&error);
        Failure::aws(error).help(help)
    };
    let identity = resolve_identity(&identity_options(settings)).await.map_err(failure)?;
    let caller = identity.caller().await.map_err(failure)?;
    Ok(Some(DelegateIdentity {
        access_key: identity.access_key_id,
        secret_key: Secret::new(identity.secret_access_key),
        session_token: identity.session_token.map(Secret::new),
        region: identity.region,
        given_by: caller.arn,
    }))
}

/// Where to look for the developer's own identity.
pub(crate) fn identity_options(settings: &Settings) -> IdentityOptions {
    IdentityOptions { profile: settings.aws_profile.as_ref().map(|profile| profile.value.clone()) }
}

/// What to do about a sign-in that failed.
pub(crate) fn sign_in_help(error: &SignInError) -> String {
    match error {
        SignInError::NoCredentials(_) => {
            "sign in (`aws sso login`), name a profile with `--aws-profile`, or use `--aws emulated`".to_owned()
        }
        SignInError::Expired(_) => {
            "renew them: `aws sso login`, new temporary keys, or a new OIDC token (`--oidc-token-file`)".to_owned()
        }
        SignInError::Refused(_) => "check the connector's keys and secrets, or the OIDC token".to_owned(),
        SignInError::Role { role, .. } => {
            format!("let the trust policy of `{role}` name the signer, and check `externalId` or the token's claims")
        }
        SignInError::Unreachable(_) => "check the network, proxies and `AWS_ENDPOINT_URL`".to_owned(),
    }
}
