//! Emulates the plugins for caches and uploads on directories of this machine: `plugins/cache`, `plugins/s3`,
//! `plugins/gcs` and `plugins/artifactory` with their variables in CI.
//!
//! Synchronous, and in one process: it runs where the files are, in a container of the stage or on the machine. It
//! knows neither the plan nor Docker, and does not print or read the environment: the caller passes what it needs.

mod archive;
mod cache;
mod error;
mod evict;
mod files;
mod key;
mod object;
mod pattern;
mod program;
mod rooted;
mod surroundings;
mod upload;

pub use error::StoreError;
pub use evict::make_room_in_all;
pub use program::{Program, run};
pub use surroundings::Surroundings;
