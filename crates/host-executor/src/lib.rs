//! Runs steps without an image as processes of the machine (infra.host-steps).
//!
//! Each step runs under a *supervisor*: a process of cirun's own program that starts the step in a process group of its own,
//! reports how it ended, and ends everything that the step left behind when the stage is removed or when cirun is gone,
//! however it ended. docs/host-steps.md describes the environment of a step.

mod config;
mod home;
mod machine_environment;
mod paths;

#[cfg(unix)]
mod exports;
mod listeners;
mod readiness;
mod reports;

#[cfg(unix)]
mod output;
#[cfg(unix)]
mod process;
#[cfg(target_os = "linux")]
mod process_table;
#[cfg(unix)]
mod protocol;
#[cfg(unix)]
mod stage;
#[cfg(unix)]
mod supervisor;
#[cfg(not(unix))]
mod unsupported;
#[cfg(not(unix))]
use unsupported as process;
#[cfg(not(unix))]
use unsupported as stage;

mod backend;

pub use backend::HostBackend;
pub use config::HostConfig;
#[cfg(unix)]
pub use supervisor::supervisor_main;
#[cfg(not(unix))]
pub use unsupported::supervisor_main;
