//! Images: which ones to pull, with which login, and the ones that come with cirun.

mod helper;
mod login;
mod policy;
mod progress;
mod pull;
mod registry;

pub use login::DockerConfig;
pub(crate) use policy::{ImageRequest, Needed, Rules, requests_of};
pub(crate) use pull::{ImageSources, ensure_all, ensure_one};
