//! Errors of the storage.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::{Digest, RepositoryName, Tag};

/// A storage operation that was refused, or that failed in the file system.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file of the emulator has unexpected content.
    #[error("{} is damaged: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The registry does not have this repository.
    #[error("no repository `{0}`")]
    RepositoryNotFound(RepositoryName),
    /// The repository already exists.
    #[error("repository `{0}` exists")]
    RepositoryExists(RepositoryName),
    /// The repository still has images.
    #[error("repository `{0}` is not empty")]
    RepositoryNotEmpty(RepositoryName),
    /// The repository has no such tag or manifest.
    #[error("no image `{0}`")]
    ImageNotFound(String),
    /// The repository may not read that blob, or it does not exist.
    #[error("no layer {0}")]
    LayerNotFound(Digest),
    /// A manifest names blobs that the repository does not have.
    #[error("the manifest names {} missing layers", .0.len())]
    LayersMissing(Vec<Digest>),
    /// A list names images that do not exist in the repository.
    #[error("the list names {} missing images", .0.len())]
    ImagesMissing(Vec<Digest>),
    /// The repository's tags are immutable and this one points elsewhere.
    #[error("tag `{0}` is immutable")]
    TagImmutable(Tag),
    /// The manifest is not one that a registry stores.
    #[error("manifest: {0}")]
    ManifestInvalid(String),
    /// There is no such upload: never started, finished, or removed as stale.
    #[error("no upload `{0}`")]
    UploadNotFound(String),
    /// Another request is writing to this upload.
    #[error("upload `{0}` is being written")]
    UploadBusy(String),
    /// The piece does not start where the upload ends.
    #[error("the upload holds {have} bytes, the piece begins at {start}")]
    UploadRange {
        /// Bytes received so far.
        have: u64,
        /// The start of the refused piece.
        start: u64,
    },
    /// The content does not match its digest.
    #[error("the content is {found}, not {claimed}")]
    DigestMismatch {
        /// The client's digest.
        claimed: Digest,
        /// The actual digest.
        found: Digest,
    },
}

impl StoreError {
    /// The message for a client: without paths on this machine.
    pub(crate) fn client_message(&self) -> String {
        match self {
            Self::Io { source, .. } => format!("the storage failed: {}", source.kind()),
            Self::Corrupt { .. } => "a file of the storage is damaged".to_owned(),
            other => other.to_string(),
        }
    }

    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
