//! What can go wrong between a request and the folder.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::{Digest, RepositoryName, Tag};

/// A storage operation that was refused, or that the file system could not do.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of ours does not hold what we write there.
    #[error("{} is damaged: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// There is no such repository in the registry.
    #[error("no repository `{0}`")]
    RepositoryNotFound(RepositoryName),
    /// The repository is there already.
    #[error("repository `{0}` exists")]
    RepositoryExists(RepositoryName),
    /// The repository still holds images.
    #[error("repository `{0}` is not empty")]
    RepositoryNotEmpty(RepositoryName),
    /// The repository has no such tag or manifest.
    #[error("no image `{0}`")]
    ImageNotFound(String),
    /// The repository may not read that blob, or nobody has it.
    #[error("no layer {0}")]
    LayerNotFound(Digest),
    /// A manifest names blobs that the repository does not have.
    #[error("the manifest names {} missing layers", .0.len())]
    LayersMissing(Vec<Digest>),
    /// A list names images that the repository does not have.
    #[error("the list names {} missing images", .0.len())]
    ImagesMissing(Vec<Digest>),
    /// The repository's tags are immutable and this one points elsewhere.
    #[error("tag `{0}` is immutable")]
    TagImmutable(Tag),
    /// The manifest is not one that a registry keeps.
    #[error("manifest: {0}")]
    ManifestInvalid(String),
    /// There is no such upload: never begun, finished, or collected as stale.
    #[error("no upload `{0}`")]
    UploadNotFound(String),
    /// Another request writes this upload.
    #[error("upload `{0}` is being written")]
    UploadBusy(String),
    /// The piece does not begin where the upload ends.
    #[error("the upload holds {have} bytes, the piece begins at {start}")]
    UploadRange {
        /// Bytes received so far.
        have: u64,
        /// Where the refused piece would begin.
        start: u64,
    },
    /// The content is not what its name says.
    #[error("the content is {found}, not {claimed}")]
    DigestMismatch {
        /// What the client said.
        claimed: Digest,
        /// What arrived.
        found: Digest,
    },
}

impl StoreError {
    /// What a client hears of it: everything but where things are on this machine.
    pub(crate) fn told(&self) -> String {
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
