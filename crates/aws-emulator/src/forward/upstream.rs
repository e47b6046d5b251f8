//! The endpoint to which calls are forwarded.

use std::{path::PathBuf, time::Duration};

use cirun_image_ref::Endpoint;

/// The target of forwarded calls, and how to get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub(super) endpoint: Endpoint,
    /// Certificates (PEM) to trust in addition to the public roots.
    pub(super) roots: Vec<String>,
    /// A socket that leads to the target, if this process cannot reach the host itself.
    pub(super) relay: Option<PathBuf>,
    /// How long to try a connection: a service may still be starting.
    pub(super) start: Duration,
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
