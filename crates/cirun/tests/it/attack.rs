//! Attacks by a hostile repository that need no engine: what cirun reads, and what it refuses to start.
//! `docker::attack` has the attacks of running steps; `cargo xtask attack` runs both.

mod consent;
#[cfg(unix)]
mod files;
mod names;
mod secrets;
