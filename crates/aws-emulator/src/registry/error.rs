//! A registry's errors, with the protocol's codes and, if there are any, ECR's own messages.

use http::{Response, StatusCode};
use serde_json::json;

use crate::{
    Digest, InvalidName, StoreError,
    ecr::{images_missing, immutable},
    fault::Failure,
    http::{ResponseBody, content, set},
    storage::RepositoryRef,
};

/// Why a registry refuses a request.
#[derive(Debug)]
pub(super) enum RegistryError {
    /// No login, or an invalid one.
    Unauthorized {
        /// The challenge: the `WWW-Authenticate` header.
        challenge: String,
    },
    TokenExpired,
    Denied(String),
    NoSuchRoute,
    MethodNotAllowed,
    Name(InvalidName),
    Digest(String),
    Range(String),
    /// A piece is longer or shorter than its range.
    Size {
        range: String,
        length: u64,
    },
    /// The request's content ended early.
    Broken(String),
    Store(StoreError, String),
    Fault(Failure),
    /// The emulator that calls are forwarded to did not respond.
    Upstream(String),
}

impl RegistryError {
    /// Adds ECR's message for a storage error about a repository.
    pub(super) fn store(error: StoreError, repository: &RepositoryRef) -> Self {
        let account = repository.registry.ecr().map_or_else(|| repository.registry.to_string(), |ecr| ecr.account);
        let name = repository.name.as_str();
        let message = match &error {
            StoreError::RepositoryNotFound(_) => {
                format!("The repository with name '{name}' does not exist in the registry with id '{account}'")
            }
            StoreError::ImageNotFound(_) => "Requested image not found".to_owned(),
            StoreError::TagImmutable(tag) => immutable(tag.as_str(), name),
            StoreError::LayersMissing(digests) => {
                format!("Layers with digests '[{}]' required by the image do not exist", Digest::join(digests))
            }
            StoreError::ImagesMissing(digests) => images_missing(digests, name, &account),
            StoreError::UploadNotFound(_) => "no such upload: never begun, finished, cancelled or too old".to_owned(),
            other => other.client_message(),
        };
        Self::Store(error, message)
    }

    /// Whether the content does not exist in this registry.
    pub(super) fn is_absent(&self) -> bool {
        matches!(
            self,
            Self::Store(
                StoreError::RepositoryNotFound(_) | StoreError::ImageNotFound(_) | StoreError::LayerNotFound(_),
                _
            )
        )
    }

    /// Adds a reason to a storage error.
    pub(super) fn explained(self, reason: &str) -> Self {
        match self {
            Self::Store(error, message) => Self::Store(error, format!("{message}; {reason}")),
            other => other,
        }
    }

    fn describe(&self) -> (u16, &'static str, String) {
        match self {
            Self::Unauthorized { .. } => (401, "UNAUTHORIZED", "Not Authorized".to_owned()),
            Self::TokenExpired => {
                (403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.".to_owned())
            }
            Self::Denied(message) => (403, "DENIED", message.clone()),
            Self::NoSuchRoute => (404, "UNSUPPORTED", "no such address in the registry protocol".to_owned()),
            Self::MethodNotAllowed => (405, "UNSUPPORTED", "the operation is unsupported".to_owned()),
            Self::Name(error) => (400, "NAME_INVALID", error.to_string()),
            Self::Digest(text) => (400, "DIGEST_INVALID", format!("`{text}` is not a sha256 or sha512 digest")),
            Self::Range(text) => (416, "RANGE_INVALID", format!("cannot serve the range `{text}`")),
            Self::Size { range, length } => {
                (400, "SIZE_INVALID", format!("the range `{range}` is not that of {length} bytes"))
            }
            Self::Broken(reason) => (400, "BLOB_UPLOAD_INVALID", reason.clone()),
            Self::Store(error, message) => {
                let (status, code) = store_code(error);
                (status, code, message.clone())
            }
            Self::Fault(fault) => self::fault(*fault),
            Self::Upstream(message) => (503, "UNAVAILABLE", message.clone()),
        }
    }

    pub(super) fn code(&self) -> &'static str {
        self.describe().1
    }

    pub(super) fn response(&self) -> Response<ResponseBody> {
        let (status, code, message) = self.describe();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "errors": [{ "code": code, "message": message }] });
        let mut response = content(status, "application/json", body.to_string());
        match self {
            Self::Unauthorized { challenge } => set(&mut response, "www-authenticate", challenge),
            Self::Store(StoreError::UploadRange { have, .. }, _) => {
                set(&mut response, "range", &received(*have));
            }
            _ => {}
        }
        response
    }
}

/// Returns the `Range` of an upload's bytes so far; without any, `0-0`, like the reference registry.
pub(super) fn received(length: u64) -> String {
    format!("0-{}", length.saturating_sub(1))
}

fn store_code(error: &StoreError) -> (u16, &'static str) {
    match error {
        StoreError::RepositoryNotFound(_) => (404, "NAME_UNKNOWN"),
        StoreError::ImageNotFound(_) => (404, "MANIFEST_UNKNOWN"),
        StoreError::LayerNotFound(_) => (404, "BLOB_UNKNOWN"),
        StoreError::LayersMissing(_) | StoreError::ImagesMissing(_) => (400, "MANIFEST_BLOB_UNKNOWN"),
        StoreError::TagImmutable(_) => (400, "TAG_INVALID"),
        StoreError::ManifestInvalid(_) => (400, "MANIFEST_INVALID"),
        StoreError::UploadNotFound(_) => (404, "BLOB_UPLOAD_UNKNOWN"),
        StoreError::UploadBusy(_) => (409, "BLOB_UPLOAD_INVALID"),
        StoreError::UploadRange { .. } => (416, "BLOB_UPLOAD_INVALID"),
        StoreError::DigestMismatch { .. } => (400, "DIGEST_INVALID"),
        StoreError::Io { .. }
        | StoreError::Corrupt { .. }
        | StoreError::RepositoryExists(_)
        | StoreError::RepositoryNotEmpty(_) => (500, "UNKNOWN"),
    }
}

fn fault(fault: Failure) -> (u16, &'static str, String) {
    match fault {
        Failure::Expired => RegistryError::TokenExpired.describe(),
        Failure::Throttle => (429, "TOOMANYREQUESTS", "Rate exceeded".to_owned()),
        Failure::Denied => (403, "DENIED", "requested access to the resource is denied".to_owned()),
        Failure::Status(status) => (status, "UNKNOWN", "injected by cirun".to_owned()),
    }
}
