//! Forwarding: STS and ECR calls go to LocalStack, moto or ministack, and the emulator answers what those lack.
//!
//! S3 is forwarded completely, because the emulator has no buckets. Images always stay here, so the registry, its token
//! and the image actions are never forwarded alone.

mod client;
mod ecr;
mod sts;

use std::{path::PathBuf, time::Duration};

use cirun_image_ref::Endpoint;

pub(crate) use self::{
    client::{Answer, UpstreamClient, UpstreamError},
    ecr::{Part, knows_repository, part},
    sts::forward as forward_sts,
};
use crate::StoreError;

/// The target of forwarded calls, and how to get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    endpoint: Endpoint,
    /// Certificates (PEM) to trust in addition to the public roots.
    roots: Vec<String>,
    /// A socket that leads to the target, if this process cannot reach the host itself.
    relay: Option<PathBuf>,
    /// How long to try a connection: a service may still be starting.
    start: Duration,
}

impl Upstream {
    /// A target that this process reaches by itself, and that is running.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, roots: Vec::new(), relay: None, start: Duration::ZERO }
    }

    /// Returns the same target, also trusted by these certificates (PEM).
    pub fn trusting(self, roots: Vec<String>) -> Self {
        Self { roots, ..self }
    }

    /// Returns the same target; it may still be starting when it is called.
    pub fn within(self, start: Duration) -> Self {
        Self { start, ..self }
    }

    /// Returns the same target, reached through a Unix socket; messages still name the endpoint.
    pub fn through(self, relay: PathBuf) -> Self {
        Self { relay: Some(relay), ..self }
    }
}

impl From<StoreError> for UpstreamError {
    fn from(error: StoreError) -> Self {
        Self::Local(error.to_string())
    }
}
