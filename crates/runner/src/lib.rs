//! Runs a compiled pipeline on this machine: what it may push, the engine, the gateway, the record, and the run itself.
//!
//! The library behind `cirun local`. It needs no command line, prints nothing, and reads no environment.

mod options;
pub mod record;
mod run_id;

pub mod checks;
mod clean_clone;
pub mod push_policy;
mod services;

pub mod aws;
mod daemon;
pub mod engine;
pub mod gateway;
pub mod local_store;
mod machine;
mod own_image;
pub mod registry_gc;
mod relay;

mod backends;
mod host_steps;
mod setup;

mod late;
mod not_emulated;
mod plan_again;
mod run;

pub mod inside;

pub mod doctor;

pub use backends::Backends;
pub use clean_clone::CleanWorkspaces;
pub use machine::LocalMachine;
pub use options::RunOptions;
pub use own_image::OwnImage;
pub use run::{Ended, Hooks};
pub use run_id::new as new_run_id;
pub use setup::{RunSetup, Setup};
