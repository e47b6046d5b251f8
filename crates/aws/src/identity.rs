//! The identity of a run on AWS: the user's own credential chain, in place of the delegate.

use std::time::SystemTime;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

use crate::error::{Refusal, SignInError};

/// Credentials, with their region.
#[derive(Clone)]
pub struct Identity {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Session token of temporary credentials.
    pub session_token: Option<String>,
    /// The region of the chain, if it names one.
    pub region: Option<String>,
    /// When they expire.
    pub expires: Option<SystemTime>,
    config: SdkConfig,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("access_key_id", &self.access_key_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Where to look for credentials.
#[derive(Debug, Clone, Default)]
pub struct IdentityOptions {
    /// `--aws-profile`.
    pub profile: Option<String>,
}

/// STS's description of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account's id.
    pub account: String,
    /// The identity's ARN.
    pub arn: String,
}

/// The HTTP client of the calls.
pub(crate) fn http_client() -> aws_sdk_sts::config::SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// Resolves the user's credentials with the SDK's whole chain (environment, profiles, SSO, process, web identity,
/// IMDS).
pub async fn resolve_identity(options: &IdentityOptions) -> Result<Identity, SignInError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    let mut config = loader.load().await;
    if config.region().is_none() {
        config = config.into_builder().region(Region::new("us-east-1")).build();
    }
    let provider = config.credentials_provider();
    let provider = provider.ok_or_else(|| SignInError::NoCredentials("the chain is empty".into()))?;
    let credentials = provider.provide_credentials().await;
    let credentials = credentials.map_err(|error| SignInError::NoCredentials(Box::new(error)))?;
    Ok(Identity {
        access_key_id: credentials.access_key_id().to_owned(),
        secret_access_key: credentials.secret_access_key().to_owned(),
        session_token: credentials.session_token().map(str::to_owned),
        region: config.region().map(ToString::to_string),
        expires: credentials.expiry(),
        config,
    })
}

impl Identity {
    /// Asks STS for the identity.
    pub async fn caller(&self) -> Result<Caller, SignInError> {
        let client = aws_sdk_sts::Client::new(&self.config);
        let answer = client.get_caller_identity().send().await;
        let answer = answer.map_err(|error| Refusal::of(error.into_service_error()).sorted())?;
        Ok(Caller {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        })
    }
}
