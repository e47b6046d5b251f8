//! Who the run is towards AWS: the delegate's part, played by the developer's own credential chain.

use std::time::SystemTime;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

/// Credentials, and where they are at home.
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

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct IdentityOptions {
    /// `--aws-profile`.
    pub profile: Option<String>,
    /// The region to use where the chain names none.
    pub region: Option<String>,
    /// `--aws-endpoint-url`.
    pub endpoint_url: Option<String>,
}

/// What STS says of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account's id.
    pub account: String,
    /// The identity's ARN.
    pub arn: String,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The chain ended without credentials.
    #[error("no AWS credentials: {reason}")]
    NoCredentials {
        /// What the chain said.
        reason: String,
    },
    /// AWS does not know them (any more).
    #[error("AWS refuses the credentials: {reason}")]
    Refused {
        /// What STS said.
        reason: String,
    },
}

/// Who carries the calls.
pub(crate) fn http_client() -> aws_sdk_sts::config::SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// Resolves the developer's credentials through the SDK's whole chain (environment, profiles, SSO, process, web identity, IMDS).
pub async fn resolve_identity(options: &IdentityOptions) -> Result<Identity, IdentityError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let mut config = loader.load().await;
    if config.region().is_none() {
        let region = options.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        config = config.into_builder().region(Region::new(region)).build();
    }
    let no_credentials = |reason: String| IdentityError::NoCredentials { reason };
    let provider = config.credentials_provider().ok_or_else(|| no_credentials("the chain is empty".to_owned()))?;
    let credentials = provider.provide_credentials().await.map_err(|error| no_credentials(chain(&error)))?;
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
    /// Asks STS who this is.
    pub async fn caller(&self) -> Result<Caller, IdentityError> {
        let client = aws_sdk_sts::Client::new(&self.config);
        let answer = client
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| IdentityError::Refused { reason: chain(&error.into_service_error()) })?;
        Ok(Caller {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        })
    }
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
