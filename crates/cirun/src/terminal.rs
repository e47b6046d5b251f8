//! Connects the terminal to a program in a container: raw keys, output, and the size.

#[cfg_attr(unix, path = "terminal/unix.rs")]
#[cfg_attr(not(unix), path = "terminal/other.rs")]
mod system;

pub(crate) use system::{IS_SUPPORTED, Raw, carry, size};
