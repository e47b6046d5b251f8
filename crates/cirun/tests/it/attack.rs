//! cirun as a hostile repository attacks it, where no engine is needed: what it looks at, and what it refuses to start.
//! `docker::attack` has the attacks of running steps; `cargo xtask attack` runs both.

mod consent;
#[cfg(unix)]
mod files;
mod names;
mod secrets;
