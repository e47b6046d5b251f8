//! cirun as a curious step attacks it, on the real engine: names, files, secrets and the engine's socket.

mod consent;
mod files;
mod names;
mod secrets;
mod socket;
