//! Signs in as a connector does: with keys, through a role, with a token, or as the machine's own identity.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};

use crate::{
    error::{Refusal, SignInError},
    identity::{IdentityOptions, http_client},
};

/// The timeout of one call, including its second attempt.
const PATIENCE: Duration = Duration::from_secs(8);
/// The name of cirun's role sessions.
const SESSION: &str = "cirun";

/// The sign-in of a step or a connector.
#[derive(Clone, Default)]
pub struct Login {
    /// Access key id, secret access key, session token; without them the machine's credential chain is used.
    pub keys: Option<(String, String, Option<String>)>,
    /// The role to assume.
    pub role: Option<String>,
    /// The external id that its trust policy requires.
    pub external_id: Option<String>,
    /// The token to assume it with, instead of a signature.
    pub oidc_token: Option<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("role", &self.role).finish_non_exhaustive()
    }
}

/// The configuration of calls as this identity, and its expiry.
pub(crate) async fn sign_in(
    options: &IdentityOptions,
    login: &Login,
    region: &str,
) -> Result<(SdkConfig, Option<SystemTime>), SignInError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some((id, secret, token)) = &login.keys {
        loader = loader.credentials_provider(Credentials::new(id, secret, token.clone(), None, "connector"));
    }
    let config = loader.load().await;
    let Some(role) = &login.role else {
        let provider = config.credentials_provider();
        let provider = provider.ok_or_else(|| SignInError::NoCredentials("the chain is empty".into()))?;
        let found = provider.provide_credentials().await;
        let found = found.map_err(|error| SignInError::NoCredentials(Box::new(error)))?;
        return Ok((config, found.expiry()));
    };
    let sts = aws_sdk_sts::Client::new(&config);
    let given = match &login.oidc_token {
        Some(token) => {
            let call = sts.assume_role_with_web_identity().role_arn(role).role_session_name(SESSION);
            let answer = call.web_identity_token(token).send().await;
            answer.map(|answer| answer.credentials).map_err(|error| Refusal::of(error.into_service_error()))
        }
        None => {
            let call = sts.assume_role().role_arn(role).role_session_name(SESSION);
            let answer = call.set_external_id(login.external_id.clone()).send().await;
            answer.map(|answer| answer.credentials).map_err(|error| Refusal::of(error.into_service_error()))
        }
    };
    let given = given.map_err(|refusal| refusal.of_role(role))?;
    let given = given.ok_or_else(|| SignInError::Refused(format!("STS gave no credentials for `{role}`")))?;
    let expires = SystemTime::try_from(*given.expiration()).ok();
    let credentials = Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        expires,
        "role",
    );
    let provider = SharedCredentialsProvider::new(credentials);
    Ok((config.into_builder().credentials_provider(provider).build(), expires))
}
