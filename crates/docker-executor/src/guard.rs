//! Guards the engine's socket: steps that have it can do what they do in CI, but the images that they push stay on this
//! machine or are refused, according to the caller's rules.
//!
//! Steps get a Unix socket of cirun instead of the engine's. A request is forwarded if it is in the table of known
//! endpoints, and is rewritten from what the guard parsed: a body that cannot be parsed completely is not forwarded.
//! Objects that a step creates get the run's labels and are removed with it; other objects of the engine are hidden and
//! protected.
//!
//! The guard protects from accidents, it is not a sandbox: a build runs programs, and the guard does not see what
//! BuildKit does in an upgraded connection.

#[cfg(unix)]
mod unix;

use std::{fmt, path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;

#[cfg(unix)]
pub(crate) use self::unix::{NewNames, start};

/// The socket's name in the guard's directory.
const SOCKET: &str = "engine.sock";

/// The settings of a guard.
#[derive(Debug, Clone)]
pub struct SocketGuard {
    /// A directory of the run for the socket; it must exist.
    pub directory: PathBuf,
    /// The rules for images.
    pub rules: Arc<dyn ImageRules>,
    /// The sidecar that has a stage's images, and its port; for stages that have this sidecar and publish the port.
    pub gateway: (String, u16),
    /// The rights of steps on the machine.
    pub reach: SocketReach,
}

/// The rights of steps on the machine through the engine's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketReach {
    /// Safe from accidents: only the stage's own paths, and none of the machine's namespaces, devices or rights.
    Guarded,
    /// Everything that the engine allows for containers. Sockets of engines are never mounted.
    Open,
}

impl SocketGuard {
    /// The socket's path on this machine.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join(SOCKET)
    }
}

/// Rules for images that steps move through the engine's socket. Registries are named by host, with their port; Docker
/// Hub is `docker.io`.
pub trait ImageRules: fmt::Debug + Send + Sync {
    /// Decides about a push of an image to the registry.
    fn push(&self, registry: &str) -> PushRule;

    /// Decides where to look for an image of the registry.
    fn pull(&self, registry: &str) -> PullRule;

    /// `host:port` of the machine's registry, for stages without a gateway; it is started if necessary.
    fn machine_registry(&self) -> BoxFuture<'_, Result<String, String>>;

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

/// There are none without a guard.
#[cfg(not(unix))]
#[derive(Debug, Default)]
pub(crate) struct NewNames;

#[cfg(not(unix))]
impl NewNames {
    pub(crate) async fn remove(self, _engine: &crate::Engine) {}
}

/// The error for a system without sockets that can be shared with containers.
#[cfg(not(unix))]
pub(crate) fn start(
    _shared: &Arc<crate::backend::Shared>,
    _stage: &Arc<crate::stage::Stage>,
    _settings: &SocketGuard,
) -> Result<(), cirun_engine::BackendError> {
    Err(cirun_engine::BackendError::Engine {
        what: "guard the engine's socket".to_owned(),
        reason: "this system has no Unix sockets to share with a container".to_owned(),
    })
}
