//! Proxies the engine's socket: steps that have it can do what they do in CI, but the images that they push stay on this
//! machine or are refused, according to the caller's rules.
//!
//! Steps get a Unix socket of cirun instead of the engine's. A request is forwarded if it is in the table of known
//! endpoints, and is rewritten from what the proxy parsed: a body that cannot be parsed completely is not forwarded.
//! Objects that a step creates get the run's labels and are removed with it; other objects of the engine are hidden and
//! protected.
//!
//! The proxy protects from accidents, it is not a sandbox: a build runs programs, and the proxy does not see what
//! BuildKit does in an upgraded connection.

mod new_names;
mod settings;
#[cfg(unix)]
mod unix;

pub(crate) use self::new_names::NewNames;
pub use self::settings::{
    GatewayPort, ImageRules, KeptImage, NoRegistry, PullRule, PushRule, SocketProxy, SocketReach,
};
#[cfg(unix)]
pub(crate) use self::unix::start;

/// The error for a system without sockets that can be shared with containers.
#[cfg(not(unix))]
pub(crate) fn start(
    _shared: &std::sync::Arc<crate::shared::Shared>,
    _stage: &std::sync::Arc<crate::stage::RunningStage>,
    _settings: &SocketProxy,
) -> Result<(), cirun_engine::BackendError> {
    Err(cirun_engine::BackendError::Engine {
        what: "proxy the engine's socket".to_owned(),
        reason: "this system has no Unix sockets to share with a container".to_owned(),
    })
}
