//! Guards the engine's socket: steps that have it may do what they do in CI, but images that they push stay on this machine
//! or are refused, as the caller's rules say.
//!
//! It is a Unix socket of cirun's own that steps get in place of the engine's. A request goes on if it is in the table of
//! known endpoints, and is written anew from what was read: a body that cannot be read wholly does not go on. What a step makes
//! has the run's labels and goes with it; what is not the run's is neither shown nor touched.
//!
//! It is a protection from accidents, not a wall: a build runs programs, and what BuildKit does inside of an upgraded
//! connection is not looked into.

#[cfg(unix)]
mod unix;

use std::{fmt, path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;

#[cfg(unix)]
pub(crate) use self::unix::{NewNames, start};

/// The socket's name in the guard's directory.
const SOCKET: &str = "engine.sock";

/// How the engine's socket is guarded.
#[derive(Debug, Clone)]
pub struct SocketGuard {
    /// A directory of the run for the socket; it must exist.
    pub directory: PathBuf,
    /// What becomes of images.
    pub rules: Arc<dyn ImageRules>,
    /// The sidecar, and the port of it, that keeps images where a stage has it and publishes the port.
    pub front: (String, u16),
    /// What steps may do to the machine.
    pub reach: SocketReach,
}

/// What steps may do to the machine by the engine's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketReach {
    /// Nothing by accident: no paths of the machine beside the stage's own, none of its namespaces, devices or rights.
    Guarded,
    /// All that the engine lets its clients do with containers. Sockets of engines are not mounted even so.
    Open,
}

impl SocketGuard {
    /// The socket's path on this machine.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join(SOCKET)
    }
}

/// What becomes of images that steps move by the engine's socket. Registries are named by host, with their port;
/// Docker Hub is `docker.io`.
pub trait ImageRules: fmt::Debug + Send + Sync {
    /// What becomes of an image that is pushed to the registry.
    fn push(&self, registry: &str) -> PushRule;

    /// Where an image of the registry is sought.
    fn pull(&self, registry: &str) -> PullRule;

    /// `host:port` of the registry of this machine, for stages without a front; it is started if need be.
    fn machine_registry(&self) -> BoxFuture<'_, Result<String, String>>;

    /// Notes an image that the machine's registry has taken.
    fn kept(&self, image: &KeptImage);
}

/// An image that was pushed by the engine's socket, and was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptImage {
    /// The registry that it was for, without a port.
    pub registry: String,
    /// Its repository.
    pub repository: String,
    /// Its tag.
    pub tag: String,
    /// Its digest.
    pub digest: String,
}

/// What becomes of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushRule {
    /// It goes where its name leads.
    Pass,
    /// The image is kept on this machine.
    Keep {
        /// The registry takes nothing from somebody who has not logged in.
        login: bool,
    },
    /// It is refused: why, for a person.
    Refuse(String),
}

/// Where an image is sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullRule {
    /// Where its name leads.
    Pass,
    /// On this machine, then where its name leads.
    HereFirst,
    /// On this machine only: what to say where it is not, for a person.
    HereOnly(String),
}

/// There are none where there is no guard.
#[cfg(not(unix))]
#[derive(Debug, Default)]
pub(crate) struct NewNames;

#[cfg(not(unix))]
impl NewNames {
    pub(crate) async fn remove(self, _engine: &crate::Engine) {}
}

/// Says that this system has no sockets to share with containers.
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
