//! Steps behind a gate: their containers run before their turn, with the gate as first process, and get their command
//! as a frame of its protocol.
//!
//! What the command may notice is as without a gate: image, user, mounts, limits and network are the container's. Its
//! environment and its words travel in the frame, so the engine never knows them. Where a gate cannot run, the step runs
//! without one.

mod ahead;
mod argv;
mod link;
mod open;
mod place;
mod program;
mod run;
mod shell;
mod spec;
mod state;

pub use self::program::GateProgram;
pub(crate) use self::{
    ahead::{discard, prepare},
    run::{Ran, run},
    shell::talk,
    state::{GateState, Held},
};
