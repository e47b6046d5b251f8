//! The password of an ECR registry, for pulls.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{
    error::{Refusal, SignInError},
    identity::IdentityOptions,
    sign_in::{Login, sign_in},
};

/// The login of a registry client; valid for twelve hours.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryPassword {
    /// The user: `AWS`.
    pub username: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for RegistryPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistryPassword").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum RegistryLoginError {
    /// The signer is unknown or not allowed.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The signer may not request a password.
    #[error("the connector's identity may not call ecr:GetAuthorizationToken: {0}")]
    Denied(String),
    /// ECR's response has none.
    #[error("ECR gave no password")]
    NoPassword,
}

/// Signs in and asks ECR for the password of the registries of a region (`GetAuthorizationToken`).
pub async fn registry_password(
    options: &IdentityOptions,
    login: &Login,
    region: &str,
) -> Result<RegistryPassword, RegistryLoginError> {
    let (config, _expires) = sign_in(options, login, region).await?;
    let answer = aws_sdk_ecr::Client::new(&config).get_authorization_token().send().await;
    let answer = answer.map_err(|error| match Refusal::of(error.into_service_error()) {
        refusal if refusal.is_denial() => RegistryLoginError::Denied(refusal.to_string()),
        refusal => refusal.sorted().into(),
    })?;
    let token = answer.authorization_data().first().and_then(|data| data.authorization_token());
    token.and_then(read).ok_or(RegistryLoginError::NoPassword)
}

/// `user:password` in base64.
fn read(token: &str) -> Option<RegistryPassword> {
    let text = String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some(RegistryPassword { username: username.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let password = |text: &str| read(&BASE64_STANDARD.encode(text)).map(|found| (found.username, found.password));
        assert_eq!(password("AWS:a:b"), Some(("AWS".to_owned(), "a:b".to_owned())));
        assert_eq!(password("nothing"), None);
        assert_eq!(read("%"), None);
    }
}
