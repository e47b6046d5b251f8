//! ECR's errors, with its own messages.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    Digest, StoreError,
    fault::Failure,
    identity::{AuthError, WRONG_SIGNATURE},
};

/// Why ECR refuses a call.
#[derive(Debug)]
pub(crate) enum EcrError {
    UnknownOperation,
    Serialization(String),
    InvalidParameter(String),
    Auth(AuthError),
    Fault(Failure),
    /// An error code and message specific to one action.
    Named(&'static str, String),
    Internal(String),
    /// The emulator that calls are forwarded to did not respond.
    Upstream(String),
    /// It refused the call: its status, code and message.
    Refused {
        status: u16,
        code: String,
        message: String,
    },
}

impl From<AuthError> for EcrError {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

impl EcrError {
    /// Returns the error for a parameter that violates a rule.
    pub(super) fn constraint(parameter: &str, rule: &str) -> Self {
        Self::InvalidParameter(format!("Invalid parameter at '{parameter}' failed to satisfy constraint: '{rule}'"))
    }

    /// Returns the error for a missing required parameter.
    pub(super) fn missing(parameter: &str) -> Self {
        Self::constraint(parameter, "Member must not be null")
    }

    /// Returns the error for a parameter that does not match its pattern.
    pub(super) fn invalid(parameter: &str, value: &str, pattern: &str) -> Self {
        Self::InvalidParameter(format!(
            "Invalid parameter at '{parameter}' failed to satisfy constraint: 'must satisfy regular expression \
             '{pattern}'' (found '{value}')"
        ))
    }

    /// Converts a storage error about a repository to ECR's.
    pub(super) fn of_store(error: StoreError, name: &str, account: &str) -> Self {
        let within = format!("the repository with name '{name}' in the registry with id '{account}'");
        match error {
            StoreError::RepositoryNotFound(_) => Self::Named(
                "RepositoryNotFoundException",
                format!("The repository with name '{name}' does not exist in the registry with id '{account}'"),
            ),
            StoreError::RepositoryExists(_) => Self::Named(
                "RepositoryAlreadyExistsException",
                format!("The repository with name '{name}' already exists in the registry with id '{account}'"),
            ),
            StoreError::RepositoryNotEmpty(_) => Self::Named(
                "RepositoryNotEmptyException",
                format!(
                    "The repository with name '{name}' in registry with id '{account}' cannot be deleted because it \
                     still contains images"
                ),
            ),
            StoreError::ImageNotFound(image) => {
                Self::Named("ImageNotFoundException", format!("The image '{image}' does not exist within {within}"))
            }
            StoreError::LayerNotFound(digest) => {
                Self::Named("LayersNotFoundException", format!("The layer '{digest}' was not found in {within}"))
            }
            StoreError::LayersMissing(digests) => {
                let digests = Digest::join(&digests);
                let message =
                    format!("Layers with digests '[{digests}]' required by the image do not exist in {within}");
                Self::Named("LayersNotFoundException", message)
            }
            StoreError::ImagesMissing(digests) => {
                Self::Named("ReferencedImagesNotFoundException", images_missing(&digests, name, account))
            }
            StoreError::TagImmutable(tag) => {
                Self::Named("ImageTagAlreadyExistsException", immutable(tag.as_str(), name))
            }
            StoreError::ManifestInvalid(reason) => Self::InvalidParameter(format!(
                "Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{reason}'"
            )),
            StoreError::DigestMismatch { claimed, found } => Self::Named(
                "ImageDigestDoesNotMatchException",
                format!("The provided image digest '{claimed}' does not match the image's '{found}'"),
            ),
            StoreError::UploadNotFound(id) | StoreError::UploadBusy(id) => {
                Self::Named("UploadNotFoundException", format!("The upload '{id}' was not found"))
            }
            e @ (StoreError::Io { .. } | StoreError::Corrupt { .. } | StoreError::UploadRange { .. }) => {
                Self::Internal(e.client_message())
            }
        }
    }

    fn describe(&self) -> (u16, &str, String) {
        match self {
            Self::UnknownOperation => (400, "UnknownOperationException", String::new()),
            Self::Serialization(message) => (400, "SerializationException", message.clone()),
            Self::InvalidParameter(message) => (400, "InvalidParameterException", message.clone()),
            Self::Auth(error) => auth(*error),
            Self::Fault(fault) => self::fault(*fault),
            Self::Named(code, message) => (400, code, message.clone()),
            Self::Upstream(message) => (503, "ServerException", message.clone()),
            Self::Refused { status, code, message } => (*status, code, message.clone()),
            Self::Internal(message) => (500, "ServerException", message.clone()),
        }
    }

    pub(super) fn code(&self) -> &str {
        self.describe().1
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.describe().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn document(&self) -> Value {
        let (_, code, message) = self.describe();
        if message.is_empty() { json!({ "__type": code }) } else { json!({ "__type": code, "message": message }) }
    }
}

/// Returns the message for a push to an immutable tag.
pub(crate) fn immutable(tag: &str, repository: &str) -> String {
    format!(
        "The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten because the \
         repository is immutable."
    )
}

/// Returns the message for a list whose images do not exist.
pub(crate) fn images_missing(digests: &[Digest], repository: &str, account: &str) -> String {
    format!(
        "Images with digests '[{}]' required for pushing image into repository with name '{repository}' in the registry \
         with id '{account}' do not exist",
        Digest::join(digests)
    )
}

fn auth(error: AuthError) -> (u16, &'static str, String) {
    let (code, message) = match error {
        AuthError::Missing => ("MissingAuthenticationTokenException", "Missing Authentication Token"),
        AuthError::Unknown => ("UnrecognizedClientException", "The security token included in the request is invalid."),
        AuthError::Expired => ("ExpiredTokenException", "The security token included in the request is expired"),
        AuthError::Signature => ("InvalidSignatureException", WRONG_SIGNATURE),
        AuthError::Time => ("InvalidSignatureException", "Signature expired or not yet current"),
        AuthError::Service => ("InvalidSignatureException", "Credential should be scoped to correct service: 'ecr'."),
    };
    (400, code, message.to_owned())
}

fn fault(fault: Failure) -> (u16, &'static str, String) {
    match fault {
        Failure::Expired => auth(AuthError::Expired),
        Failure::Throttle => (400, "ThrottlingException", "Rate exceeded".to_owned()),
        Failure::Denied => (400, "AccessDeniedException", "Access denied (injected by cirun)".to_owned()),
        Failure::Status(status) => (status, "ServerException", "Server error (injected by cirun)".to_owned()),
    }
}
