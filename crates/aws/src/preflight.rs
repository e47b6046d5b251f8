//! What is asked of AWS before anything is built: who signs, whether it may push, whether the repository is there.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_sdk_sts::error::ProvideErrorMetadata;

use crate::identity::{IdentityOptions, chain, http_client};

/// How long one call may take, with its second attempt.
const PATIENCE: Duration = Duration::from_secs(8);
/// The name of cirun's sessions.
const SESSION: &str = "cirun-preflight";

/// How a step signs in: the variables that its plugin reads, by meaning.
#[derive(Clone, Default)]
pub struct Login {
    /// Access key id, secret access key, session token; without them the chain of the machine.
    pub keys: Option<(String, String, Option<String>)>,
    /// The role to assume.
    pub role: Option<String>,
    /// What its trust policy asks for.
    pub external_id: Option<String>,
    /// The token to assume it with, in place of a signature.
    pub oidc_token: Option<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Where the step pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The registry's account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// The repository's name.
    pub name: String,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// Who signs.
    pub arn: String,
    /// When the credentials expire.
    pub expires: Option<SystemTime>,
    /// The repository could not be looked up; a push may work all the same.
    pub unchecked: Option<String>,
}

/// Why a push would fail.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// The chain ended without credentials.
    #[error("no AWS credentials: {0}")]
    NoCredentials(String),
    /// The credentials or the token are too old.
    #[error("the AWS credentials have expired: {0}")]
    Expired(String),
    /// AWS does not know them.
    #[error("AWS refuses the credentials: {0}")]
    Refused(String),
    /// The role does not let them in.
    #[error("the role `{role}` cannot be assumed: {reason}")]
    Role {
        /// The role.
        role: String,
        /// What STS said.
        reason: String,
    },
    /// They belong to another account, which may not look into this one.
    #[error("{arn} is of account {theirs}, and may not use the registry of account {wanted}: {reason}")]
    Account {
        /// Who signs.
        arn: String,
        /// The signer's account.
        theirs: String,
        /// The registry's account.
        wanted: String,
        /// What ECR said.
        reason: String,
    },
    /// They may not do it.
    #[error("{arn} may not call {action}: {reason}")]
    Permission {
        /// Who signs.
        arn: String,
        /// The action.
        action: &'static str,
        /// What ECR said.
        reason: String,
    },
    /// There is no such repository.
    #[error("the repository `{name}` does not exist in {region} of account {account}")]
    Repository {
        /// Its name.
        name: String,
        /// The region.
        region: String,
        /// The account.
        account: String,
    },
    /// AWS did not answer.
    #[error("AWS cannot be reached: {0}")]
    Unreachable(String),
}

/// Signs in as the step will, and asks for what its push needs.
pub async fn preflight(
    options: &IdentityOptions,
    login: &Login,
    repository: &Repository,
) -> Result<Passed, PreflightError> {
    let (config, expires) = sign_in(options, login, &repository.region).await?;
    let caller = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.map_err(|error| {
        let error = error.into_service_error();
        refused(error.code(), said(&error))
    })?;
    let arn = caller.arn().unwrap_or_default().to_owned();
    let theirs = caller.account().unwrap_or_default().to_owned();
    let ecr = aws_sdk_ecr::Client::new(&config);
    let denied = |action: &'static str, reason: String| match theirs == repository.account {
        true => PreflightError::Permission { arn: arn.clone(), action, reason },
        false => PreflightError::Account {
            arn: arn.clone(),
            theirs: theirs.clone(),
            wanted: repository.account.clone(),
            reason,
        },
    };
    ecr.get_authorization_token().send().await.map_err(|error| {
        let error = error.into_service_error();
        match error.code() {
            Some("AccessDeniedException" | "AccessDenied") => denied("ecr:GetAuthorizationToken", said(&error)),
            code => refused(code, said(&error)),
        }
    })?;
    let described = ecr
        .describe_repositories()
        .registry_id(&repository.account)
        .repository_names(&repository.name)
        .send()
        .await
        .map_err(aws_sdk_ecr::error::SdkError::into_service_error);
    let unchecked = match described {
        Ok(_) => None,
        Err(error) if error.is_repository_not_found_exception() => {
            return Err(PreflightError::Repository {
                name: repository.name.clone(),
                region: repository.region.clone(),
                account: repository.account.clone(),
            });
        }
        Err(error) => match error.code() {
            // A push needs no permission to describe; only another account's registry is hopeless without any.
            Some("AccessDeniedException" | "AccessDenied") if theirs == repository.account => Some(said(&error)),
            Some("AccessDeniedException" | "AccessDenied") => {
                return Err(denied("ecr:DescribeRepositories", said(&error)));
            }
            code => return Err(refused(code, said(&error))),
        },
    };
    Ok(Passed { arn, expires, unchecked })
}

/// The settings of calls as the step's identity, and when it expires.
async fn sign_in(
    options: &IdentityOptions,
    login: &Login,
    region: &str,
) -> Result<(SdkConfig, Option<SystemTime>), PreflightError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some((id, secret, token)) = &login.keys {
        loader = loader.credentials_provider(Credentials::new(id, secret, token.clone(), None, "connector"));
    }
    let config = loader.load().await;
    let Some(role) = &login.role else {
        let provider = config.credentials_provider();
        let provider = provider.ok_or_else(|| PreflightError::NoCredentials("the chain is empty".to_owned()))?;
        let found = provider.provide_credentials().await;
        let found = found.map_err(|error| PreflightError::NoCredentials(chain(&error)))?;
        return Ok((config, found.expiry()));
    };
    let sts = aws_sdk_sts::Client::new(&config);
    let not_assumed = |code: Option<&str>, reason: String| match code {
        Some("AccessDenied" | "AccessDeniedException") => PreflightError::Role { role: role.clone(), reason },
        code => refused(code, reason),
    };
    let given = match &login.oidc_token {
        Some(token) => sts
            .assume_role_with_web_identity()
            .role_arn(role)
            .role_session_name(SESSION)
            .web_identity_token(token)
            .send()
            .await
            .map(|answer| answer.credentials)
            .map_err(|error| {
                let error = error.into_service_error();
                not_assumed(error.code(), said(&error))
            })?,
        None => sts
            .assume_role()
            .role_arn(role)
            .role_session_name(SESSION)
            .set_external_id(login.external_id.clone())
            .send()
            .await
            .map(|answer| answer.credentials)
            .map_err(|error| {
                let error = error.into_service_error();
                not_assumed(error.code(), said(&error))
            })?,
    };
    let given = given.ok_or_else(|| PreflightError::Refused(format!("STS gave no credentials for `{role}`")))?;
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

/// What a service said; without an answer, what went wrong on the way.
fn said<E: ProvideErrorMetadata + std::error::Error>(error: &E) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => chain(error),
    }
}

/// Sorts an error by its code.
fn refused(code: Option<&str>, reason: String) -> PreflightError {
    match code {
        Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => PreflightError::Expired(reason),
        Some(_) => PreflightError::Refused(reason),
        None => PreflightError::Unreachable(reason),
    }
}
