//! The guard on systems where sockets can be shared with containers: accepts connections, and answers each request by
//! its kind.

mod address;
mod answer;
mod asked;
mod build;
mod container;
mod context;
mod dockerfile;
mod document;
mod endpoints;
mod fields;
mod forward;
mod images;
mod inspect;
mod lists;
mod login;
mod mounts;
mod objects;
mod places;
mod pull;
mod push;
mod refusal;
mod refused;
mod relay;
mod serve;
mod walk;
mod whose;

pub(crate) use self::{images::NewNames, serve::start};
use super::{KeptImage, PullRule, PushRule, SOCKET, SocketGuard};
