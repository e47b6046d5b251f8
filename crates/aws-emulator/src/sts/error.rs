//! STS's errors, with its own messages.

use http::StatusCode;

use super::xml::Element;
use crate::{
    fault::Failure,
    identity::{AuthError, WRONG_SIGNATURE},
};

/// Why STS refuses a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StsError {
    MissingAction,
    InvalidAction(String),
    MissingParameter(&'static str),
    Validation(String),
    /// The session would last longer than the role allows.
    TooLong,
    /// The session of a role that was assumed from another role would last longer than an hour.
    TooLongForAChain,
    /// An invalid session policy.
    MalformedPolicy(String),
    /// The session policies and tags are too large.
    PolicyTooLarge(String),
    /// The account (its id) issues no web identity tokens.
    OutboundFederationDisabled(String),
    /// Not an encoded authorization message.
    InvalidAuthorizationMessage,
    Malformed(String),
    Auth(AuthError),
    /// The caller, the action and the role.
    AccessDenied {
        caller: String,
        action: &'static str,
        resource: String,
    },
    /// A token or an assertion that the role does not trust; with the action.
    FederationDenied(&'static str),
    InvalidIdentityToken(String),
    ExpiredIdentityToken,
    Fault(Failure),
    /// The emulator that calls are forwarded to did not respond.
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

    /// Returns the error for a parameter that violates a rule.
    pub(super) fn constraint(parameter: &str, value: &str, rule: &str) -> Self {
        Self::Validation(format!(
            "1 validation error detected: Value '{value}' at '{}' failed to satisfy constraint: {rule}",
            member(parameter)
        ))
    }

    /// Returns AWS's status, code and message.
    fn describe(&self) -> (u16, &'static str, String) {
        match self {
            Self::MissingAction => (400, "MissingAction", "Missing Action".to_owned()),
            Self::InvalidAction(action) => {
                (400, "InvalidAction", format!("Could not find operation {action} for version 2011-06-15"))
            }
            Self::MissingParameter(name) => {
                let message = format!(
                    "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be \
                     null",
                    member(name)
                );
                (400, "ValidationError", message)
            }
            Self::Validation(message) => (400, "ValidationError", message.clone()),
            Self::TooLong => (
                400,
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".to_owned(),
            ),
            Self::TooLongForAChain => (
                400,
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
                    .to_owned(),
            ),
            Self::MalformedPolicy(message) => (400, "MalformedPolicyDocument", message.clone()),
            Self::PolicyTooLarge(message) => (400, "PackedPolicyTooLarge", message.clone()),
            Self::OutboundFederationDisabled(account) => (
                403,
                "OutboundWebIdentityFederationDisabledException",
                format!("Outbound web identity federation is not enabled for account {account}"),
            ),
            Self::InvalidAuthorizationMessage => {
                (400, "InvalidAuthorizationMessageException", "Message is not valid".to_owned())
            }
            Self::Malformed(message) => (400, "MalformedInput", message.clone()),
            Self::Auth(error) => auth(*error),
            Self::AccessDenied { caller, action, resource } => (
                403,
                "AccessDenied",
                format!("User: {caller} is not authorized to perform: {action} on resource: {resource}"),
            ),
            Self::FederationDenied(action) => (403, "AccessDenied", format!("Not authorized to perform {action}")),
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

    #[cfg(test)]
    pub(super) fn message(&self) -> String {
        self.describe().2
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

/// Returns a parameter's name as in AWS's messages: `RoleArn` is `roleArn`.
fn member(parameter: &str) -> String {
    let mut chars = parameter.chars();
    chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect()
}

fn auth(error: AuthError) -> (u16, &'static str, String) {
    let (code, message) = match error {
        AuthError::Missing => ("MissingAuthenticationToken", "Request is missing Authentication Token"),
        AuthError::Unknown => ("InvalidClientTokenId", "The security token included in the request is invalid"),
        AuthError::Expired => ("ExpiredToken", "The security token included in the request is expired"),
        AuthError::Signature => ("SignatureDoesNotMatch", WRONG_SIGNATURE),
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
