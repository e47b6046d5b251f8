//! Errors of steps on the local store, as printed in a step's output.

use std::path::Path;

use cirun_beneath::Refusal;

/// Why files could not be saved or restored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A required variable is not set, or has an unknown value.
    #[error("{0}")]
    Setting(String),
    /// The cache key cannot be computed.
    #[error("cannot make the cache key: {0}")]
    Key(String),
    /// Nothing is stored under the key, which fails the step.
    #[error("key {key} does not exist in {address}")]
    KeyNotFound {
        /// The key.
        key: String,
        /// The bucket, as text to print.
        address: String,
    },
    /// A file or directory to save or upload does not exist, or has the wrong type.
    #[error("{0}")]
    Source(String),
    /// The repository's limit would be exceeded.
    #[error("{path} is not saved: it is larger than the {limit} that the caches of a repository may have")]
    TooLarge {
        /// The path to save.
        path: String,
        /// The limit, as text to print.
        limit: String,
    },
    /// The archive was not written by cirun, or contains paths outside its source.
    #[error("the archive of {path} is refused: {reason}")]
    Archive {
        /// The saved path.
        path: String,
        /// The reason.
        reason: String,
    },
    /// A file operation on this machine failed.
    #[error("{what}: {source}")]
    Io {
        /// The operation.
        what: String,
        /// The cause.
        #[source]
        source: Refusal,
    },
}

/// An `Err` for a file operation.
pub(crate) fn refused(what: &str, path: &Path) -> impl FnOnce(Refusal) -> StoreError {
    let what = format!("{what} {}", path.display());
    move |source| StoreError::Io { what, source }
}
