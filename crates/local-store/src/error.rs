//! Why a step on the local store failed; a step's output shows it.

use std::path::Path;

use cirun_beneath::Refusal;

/// Why the files could not be kept or got.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A variable that the plugin needs is not set, or says nothing that it knows.
    #[error("{0}")]
    Setting(String),
    /// The cache's key cannot be made.
    #[error("cannot make the cache key: {0}")]
    Key(String),
    /// Nothing is kept under the key, and the step says that this is a failure.
    #[error("key {key} does not exist in {address}")]
    KeyNotFound {
        /// The key.
        key: String,
        /// The bucket, as people write it.
        address: String,
    },
    /// A file or directory that is to be saved or uploaded is not there, or is not what it must be.
    #[error("{0}")]
    Source(String),
    /// More would be kept than a repository may keep.
    #[error("{path} is not saved: it takes more than the {limit} that a repository's caches may have")]
    TooLarge {
        /// What was to be saved.
        path: String,
        /// The limit, for people.
        limit: String,
    },
    /// The archive is not one of ours, or leads out of the place that it was made from.
    #[error("the archive of {path} is refused: {reason}")]
    Archive {
        /// What was saved.
        path: String,
        /// Why.
        reason: String,
    },
    /// The files of this machine.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The cause.
        #[source]
        source: Refusal,
    },
}

/// `Err` of something with a file.
pub(crate) fn refused(what: &str, path: &Path) -> impl FnOnce(Refusal) -> StoreError {
    let what = format!("{what} {}", path.display());
    move |source| StoreError::Io { what, source }
}
