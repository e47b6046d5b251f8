//! Other systems: raw terminals are not supported yet, and `--shell-on-failure` is refused.

use std::io;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

/// Whether shells can be opened on this system.
pub(crate) const IS_SUPPORTED: bool = false;

/// The terminal is raw until this is dropped.
#[derive(Debug)]
pub(crate) struct Raw;

impl Raw {
    /// # Errors
    /// Always.
    pub(crate) fn begin() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The number of rows and columns.
pub(crate) fn size() -> (u16, u16) {
    (24, 80)
}

/// Carries nothing, until the sender of `shown` is gone.
pub(crate) async fn carry(
    _typed: mpsc::Sender<Bytes>,
    mut shown: mpsc::Receiver<Bytes>,
    _sizes: watch::Sender<(u16, u16)>,
) {
    while shown.recv().await.is_some() {}
}
