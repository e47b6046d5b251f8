//! Forwarding: STS and ECR calls go to LocalStack, moto or ministack, and the emulator answers what those lack.
//!
//! S3 is forwarded completely, because the emulator has no buckets. Images always stay here, so the registry, its token
//! and the image actions are never forwarded alone.

mod client;
mod ecr;
mod sts;

use std::{path::PathBuf, str::FromStr, time::Duration};

use thiserror::Error;

pub(crate) use self::{
    client::{Answer, UpstreamClient, UpstreamError},
    ecr::{Part, knows_repository, part},
    sts::forward as forward_sts,
};
use crate::StoreError;

/// The target of forwarded calls: `http://localstack:4566`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    host: String,
    port: u16,
    secure: bool,
    /// Certificates (PEM) to trust in addition to the public roots.
    roots: Vec<String>,
    /// A socket that leads to the target, if this process cannot reach the host itself.
    relay: Option<PathBuf>,
    /// How long to try a connection: a service may still be starting.
    start: Duration,
}

impl Upstream {
    /// Returns the host's name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it uses TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns the same endpoint, also trusted by these certificates (PEM).
    pub fn trusting(self, roots: Vec<String>) -> Self {
        Self { roots, ..self }
    }

    /// Returns the same host at another port.
    pub fn at_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the same endpoint; it may still be starting when it is called.
    pub fn within(self, start: Duration) -> Self {
        Self { start, ..self }
    }

    /// Returns the same endpoint, reached through a Unix socket; messages still name the endpoint.
    pub fn through(self, relay: PathBuf) -> Self {
        Self { relay: Some(relay), ..self }
    }
}

/// A text that is not an address for forwarding.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not an endpoint to forward to: write `http://<host>[:<port>]`, or `https`")]
pub struct InvalidUpstream(String);

impl FromStr for Upstream {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, InvalidUpstream> {
        let invalid = || InvalidUpstream(text.to_owned());
        let uri: http::Uri = text.parse().map_err(|_| invalid())?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(invalid()),
        };
        match uri.host() {
            Some(host) if bare => Ok(Self {
                host: host.to_owned(),
                port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }),
                secure,
                roots: Vec::new(),
                relay: None,
                start: Duration::ZERO,
            }),
            _ => Err(invalid()),
        }
    }
}

impl std::fmt::Display for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}:{}", if self.secure { "https" } else { "http" }, self.host, self.port)
    }
}

impl From<StoreError> for UpstreamError {
    fn from(error: StoreError) -> Self {
        Self::Local(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        let show = |text: &str| text.parse::<Upstream>().map(|upstream| upstream.to_string());
        assert_eq!(show("http://localstack:4566"), Ok("http://localstack:4566".to_owned()));
        assert_eq!(show("http://127.0.0.1/"), Ok("http://127.0.0.1:80".to_owned()));
        assert_eq!(show("https://aws.example"), Ok("https://aws.example:443".to_owned()));
        for bad in ["", "localstack:4566", "ftp://x", "http://x/path", "https://x/?a", "http://"] {
            assert_eq!(show(bad), Err(InvalidUpstream(bad.to_owned())));
        }
    }
}
