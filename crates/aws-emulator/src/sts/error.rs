//! The errors of STS, in its own words.

use http::StatusCode;

use super::xml::Element;
use crate::{fault::Failure, identity::AuthError};

/// Why STS refuses a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StsError {
    MissingAction,
    InvalidAction(String),
    MissingParameter(&'static str),
    Validation(String),
    /// The session would last longer than the role allows.
    TooLong,
    Malformed(String),
    Auth(AuthError),
    /// The caller, the action and the role.
    AccessDenied {
        caller: String,
        action: &'static str,
        resource: String,
    },
    WebIdentityDenied,
    InvalidIdentityToken(String),
    ExpiredIdentityToken,
    Fault(Failure),
    /// The emulator that calls are forwarded to did not answer.
    Upstream(String),
}

impl From<AuthError> for StsError {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

impl StsError {
    pub(super) fn malformed(name: &str, value: &str) -> Self {
        Self::Malformed(format!("Invalid value '{value}' for {name}"))
    }

    /// Returns the status, the code and the message that AWS gives.
    fn describe(&self) -> (u16, &'static str, String) {
        match self {
            Self::MissingAction => (400, "MissingAction", "Missing Action".to_owned()),
            Self::InvalidAction(action) => {
                (400, "InvalidAction", format!("Could not find operation {action} for version 2011-06-15"))
            }
            Self::MissingParameter(name) => {
                let mut chars = name.chars();
                let member: String = chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect();
                let message = format!(
                    "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must \
                     not be null"
                );
                (400, "ValidationError", message)
            }
            Self::Validation(message) => (400, "ValidationError", message.clone()),
            Self::TooLong => (
                400,
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".to_owned(),
            ),
            Self::Malformed(message) => (400, "MalformedInput", message.clone()),
            Self::Auth(error) => auth(*error),
            Self::AccessDenied { caller, action, resource } => (
                403,
                "AccessDenied",
                format!("User: {caller} is not authorized to perform: {action} on resource: {resource}"),
            ),
            Self::WebIdentityDenied => {
                (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned())
            }
            Self::InvalidIdentityToken(message) => (400, "InvalidIdentityToken", message.clone()),
            Self::ExpiredIdentityToken => (
                400,
                "ExpiredTokenException",
                "Token expired: current date/time must be before the expiration date/time".to_owned(),
            ),
            Self::Fault(fault) => self::fault(*fault),
            Self::Upstream(message) => (503, "ServiceUnavailable", message.clone()),
        }
    }

    pub(super) fn code(&self) -> &'static str {
        self.describe().1
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.describe().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn document(&self, request_id: &str) -> Element {
        let (status, code, message) = self.describe();
        let blame = if status < 500 { "Sender" } else { "Receiver" };
        let error = [Element::text("Type", blame), Element::text("Code", code), Element::text("Message", message)];
        Element::parent("ErrorResponse", [Element::parent("Error", error), Element::text("RequestId", request_id)])
    }
}

fn auth(error: AuthError) -> (u16, &'static str, String) {
    let (code, message) = match error {
        AuthError::Missing => ("MissingAuthenticationToken", "Request is missing Authentication Token"),
        AuthError::Unknown => ("InvalidClientTokenId", "The security token included in the request is invalid"),
        AuthError::Expired => ("ExpiredToken", "The security token included in the request is expired"),
        AuthError::Signature => (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ),
        AuthError::Time => ("SignatureDoesNotMatch", "Signature expired or not yet current"),
        AuthError::Service => ("SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'."),
    };
    (403, code, message.to_owned())
}

fn fault(fault: Failure) -> (u16, &'static str, String) {
    match fault {
        Failure::Expired => auth(AuthError::Expired),
        Failure::Throttle => (400, "Throttling", "Rate exceeded".to_owned()),
        Failure::Denied => (403, "AccessDenied", "Access denied (injected by cirun)".to_owned()),
        Failure::Status(status) => (status, "InternalFailure", "Internal failure (injected by cirun)".to_owned()),
    }
}
