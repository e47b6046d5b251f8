//! Checks on AWS before the build: the signer, its permission to push, and the repository.

use std::time::SystemTime;

use crate::{
    error::{Refusal, SignInError},
    identity::IdentityOptions,
    sign_in::{Login, sign_in},
};

/// The target of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The registry's account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// The repository's name.
    pub name: String,
}

/// The results of the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The signer.
    pub arn: String,
    /// When the credentials expire.
    pub expires: Option<SystemTime>,
    /// Why the repository could not be looked up; a push may still work.
    pub unchecked: Option<String>,
}

/// Why a push would fail.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// The signer is unknown or not allowed.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The signer belongs to another account, which has no access to this registry.
    #[error("{arn} is of account {theirs}, and may not use the registry of account {wanted}: {reason}")]
    Account {
        /// The signer.
        arn: String,
        /// The signer's account.
        theirs: String,
        /// The registry's account.
        wanted: String,
        /// ECR's message.
        reason: String,
    },
    /// The signer lacks a permission.
    #[error("{arn} may not call {action}: {reason}")]
    Permission {
        /// The signer.
        arn: String,
        /// The action.
        action: &'static str,
        /// ECR's message.
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
}

/// Signs in as the step will, and checks what its push needs.
pub async fn preflight(
    options: &IdentityOptions,
    login: &Login,
    repository: &Repository,
) -> Result<Passed, PreflightError> {
    let (config, expires) = sign_in(options, login, &repository.region).await?;
    let caller = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    let caller = caller.map_err(|error| Refusal::of(error.into_service_error()).sorted())?;
    let arn = caller.arn().unwrap_or_default().to_owned();
    let theirs = caller.account().unwrap_or_default().to_owned();
    let ecr = aws_sdk_ecr::Client::new(&config);
    let denied = |action: &'static str, refusal: Refusal| {
        let (arn, reason) = (arn.clone(), refusal.to_string());
        match theirs == repository.account {
            true => PreflightError::Permission { arn, action, reason },
            false => {
                PreflightError::Account { arn, theirs: theirs.clone(), wanted: repository.account.clone(), reason }
            }
        }
    };
    ecr.get_authorization_token().send().await.map_err(|error| match Refusal::of(error.into_service_error()) {
        refusal if refusal.is_denial() => denied("ecr:GetAuthorizationToken", refusal),
        refusal => refusal.sorted().into(),
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
        Err(error) => match Refusal::of(error) {
            // A push needs no permission to describe; only another account's registry always refuses a push without it.
            refusal if refusal.is_denial() && theirs == repository.account => Some(refusal.to_string()),
            refusal if refusal.is_denial() => return Err(denied("ecr:DescribeRepositories", refusal)),
            refusal => return Err(refusal.sorted().into()),
        },
    };
    Ok(Passed { arn, expires, unchecked })
}
