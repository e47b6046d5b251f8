//! Where the steps of a stage, or of a containerised step group, run in CI: the infrastructure, its platform, and the
//! limits, users and directories of the containers.

pub(crate) mod containerised;
pub(crate) mod limits;
pub(crate) mod platform;
mod quantity;
pub(crate) mod shared_paths;
mod stage;
pub(crate) mod user;
pub(crate) mod volumes;

pub(crate) use stage::{Infrastructure, of};
