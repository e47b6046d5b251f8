//! Runs a compiled pipeline on this machine.
//!
//! The library behind `cirun local`: [`checks`] refuses what must not run, [`RunSetup::set_up`] prepares the engine and the
//! gateway, and [`RunSetup::run`] runs the steps. It has no command line, prints nothing, and does not read the environment.
//!
//! | modules | content |
//! | --- | --- |
//! | `options`, [`mod@record`], `run_id` | how a run is started, and the directory that records it |
//! | [`checks`], `clean_clone`, [`push_policy`], `services` | what may run, in which workspace, and what may leave the machine |
//! | [`aws`], [`engines`], [`engine`], `daemon`, `machine` | this machine: its identity on AWS, its container engine |
//! | [`gateway`], `own_image`, `relay` | the emulated AWS and the name server beside each stage |
//! | [`local_store`], [`registry_gc`] | local caches and uploads, and cleaning up the local registry |
//! | `backends`, `host_steps`, `setup` | prepares all that the steps of a run use |
//! | `late`, `look_ahead`, `not_emulated`, `plan_again`, `run` | the run itself |
//! | [`inside`] | the programs that cirun runs in its own containers |
//! | [`doctor`], [`trace`] | checks that this machine can run pipelines; where the time of a command goes |

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
pub mod engines;
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
mod look_ahead;
mod not_emulated;
mod plan_again;
mod run;

pub mod inside;

pub mod doctor;
pub mod trace;

pub use backends::Backends;
pub use clean_clone::CleanWorkspaces;
pub use machine::LocalMachine;
pub use options::RunOptions;
pub use own_image::OwnImage;
pub use run::{Ended, Hooks};
pub use run_id::new as new_run_id;
pub use setup::{RunSetup, Setup};
