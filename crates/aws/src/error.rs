//! Why AWS does not accept a sign-in, by who can fix it.

use std::{error::Error, fmt};

use aws_sdk_sts::error::ProvideErrorMetadata;

/// An error to print; kept whole, so that its causes can be reported.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// Why the sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The chain ended without credentials.
    #[error("no AWS credentials")]
    NoCredentials(#[source] Cause),
    /// The credentials or the token have expired.
    #[error("the AWS credentials have expired: {0}")]
    Expired(String),
    /// AWS refuses them.
    #[error("AWS refuses the credentials: {0}")]
    Refused(String),
    /// The role cannot be assumed.
    #[error("the role `{role}` cannot be assumed: {reason}")]
    Role {
        /// The role.
        role: String,
        /// STS's message.
        reason: String,
    },
    /// AWS did not respond.
    #[error("AWS cannot be reached")]
    Unreachable(#[source] Cause),
}

/// A service's error response, or a failed request.
#[derive(Debug)]
pub(crate) enum Refusal {
    Said { code: String, message: String },
    Silent(Cause),
}

impl Refusal {
    /// Reads the error of any operation.
    pub(crate) fn of(error: impl ProvideErrorMetadata + Error + Send + Sync + 'static) -> Self {
        match (error.code(), error.message()) {
            (Some(code), message) => {
                Self::Said { code: code.to_owned(), message: message.unwrap_or("no reason is given").to_owned() }
            }
            (None, _) => Self::Silent(Box::new(error)),
        }
    }

    /// Whether the signer is known, but lacks the permission.
    pub(crate) fn is_denial(&self) -> bool {
        matches!(self, Self::Said { code, .. } if matches!(code.as_str(), "AccessDenied" | "AccessDeniedException"))
    }

    /// Classifies the error by who can fix it.
    pub(crate) fn sorted(self) -> SignInError {
        let text = self.to_string();
        match self {
            Self::Silent(cause) => SignInError::Unreachable(cause),
            Self::Said { code, .. } => match code.as_str() {
                "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => SignInError::Expired(text),
                _ => SignInError::Refused(text),
            },
        }
    }

    /// The same for a role that should be assumed.
    pub(crate) fn of_role(self, role: &str) -> SignInError {
        match self.is_denial() {
            true => SignInError::Role { role: role.to_owned(), reason: self.to_string() },
            false => self.sorted(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said { code, message } => write!(f, "{code}: {message}"),
            Self::Silent(cause) => cause.fmt(f),
        }
    }
}
