//! The settings of the proxy, and the caller's rules for images.

use std::{fmt, path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;

/// The socket's name in the proxy's directory.
pub(super) const SOCKET: &str = "engine.sock";

/// The settings of a proxy.
#[derive(Debug, Clone)]
pub struct SocketProxy {
    /// A directory of the run for the socket; it must exist.
    pub directory: PathBuf,
    /// The rules for images.
    pub rules: Arc<dyn ImageRules>,
    /// The sidecar that has a stage's images, and its port; for stages that have this sidecar and publish the port.
    pub gateway: GatewayPort,
    /// The rights of steps on the machine.
    pub reach: SocketReach,
}

/// A port of a stage's gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayPort {
    /// The gateway's name as a sidecar.
    pub sidecar: String,
    /// The port in its container.
    pub port: u16,
}

/// The rights of steps on the machine through the engine's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketReach {
    /// Safe from accidents: only the stage's own paths, and none of the machine's namespaces, devices or rights.
    Limited,
    /// Everything that the engine allows for containers. Sockets of engines are never mounted.
    Open,
}

impl SocketProxy {
    /// The socket's path on this machine.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join(SOCKET)
    }
}

/// Why the machine's registry cannot be used, as text to print.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoRegistry(pub String);

/// Rules for images that steps move through the engine's socket. Registries are named by host, with their port; Docker
/// Hub is `docker.io`.
pub trait ImageRules: fmt::Debug + Send + Sync {
    /// Decides about a push of an image to the registry.
    fn push(&self, registry: &str) -> PushRule;

    /// Decides where to look for an image of the registry.
    fn pull(&self, registry: &str) -> PullRule;

    /// `host:port` of the machine's registry, for stages without a gateway; it is started if necessary.
    fn machine_registry(&self) -> BoxFuture<'_, Result<String, NoRegistry>>;

    /// Records an image that the machine's registry has accepted.
    fn kept(&self, image: &KeptImage);
}

/// An image that was pushed through the engine's socket and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptImage {
    /// The registry of its name, without a port.
    pub registry: String,
    /// Its repository.
    pub repository: String,
    /// Its tag.
    pub tag: String,
    /// Its digest.
    pub digest: String,
}

/// The decision about a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushRule {
    /// Push to the registry of its name.
    Pass,
    /// Keep the image on this machine.
    Keep {
        /// Require a login first, as the registry does.
        login: bool,
    },
    /// Refuse it, with this reason, as text to print.
    Refuse(String),
}

/// Where to look for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullRule {
    /// In the registry of its name.
    Pass,
    /// On this machine, then in the registry of its name.
    HereFirst,
    /// On this machine only; with the message if it is not there.
    HereOnly(String),
}
