//! Why the emulator could not start.

use std::{io, net::SocketAddr};

use thiserror::Error;

use crate::{OidcError, StoreError};

/// Why the emulator could not start.
#[derive(Debug, Error)]
pub enum ServeError {
    /// No address to listen on.
    #[error("no address to listen on")]
    NoAddress,
    /// Listening on an address failed.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// A TLS address without a certificate.
    #[error("a TLS address needs a certificate")]
    NoCertificate,
    /// The certificate or key cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Certificate(String),
    /// The data directory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The OIDC issuer's key cannot be used.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// The request log cannot be opened.
    #[error("cannot open the request log: {0}")]
    RequestLog(io::Error),
}
