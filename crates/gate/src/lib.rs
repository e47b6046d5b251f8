//! The gate: the first process of a prepared container. It waits for its turn, runs the step's command, and reports its
//! output and its end.
//!
//! [`protocol`] is what the gate and an executor say to each other; [`inside`] is the program. It knows nothing about
//! engines, plans or pipelines, and ends with the stream that its orders come from.

#[cfg(target_os = "linux")]
pub mod inside;
pub mod protocol;
