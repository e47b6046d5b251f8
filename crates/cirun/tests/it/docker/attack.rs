//! Attacks by a curious step, on the real engine: names, files, secrets and the engine's socket.

mod consent;
mod files;
mod names;
mod secrets;
mod socket;
