//! Images: which to pull, with whose login, and the ones that cirun brings along.

mod helper;
mod login;
mod policy;
mod progress;
mod pull;
mod reference;
mod registry;

pub use login::DockerConfig;
pub(crate) use policy::{ImageRequest, Needed, Rules, requests_of};
pub(crate) use pull::{Source, ensure_all, ensure_one};
