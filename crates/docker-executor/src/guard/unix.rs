//! The guard where sockets can be shared with containers: takes connections, and answers each request by what it is about.

mod answer;
mod binds;
mod forward;
mod inspect;
mod login;
mod names;
mod pull;
mod push;
mod relay;
mod route;
mod serve;

pub(crate) use self::serve::start;
use super::{KeptImage, PullRule, PushRule, SOCKET, SocketGuard};
