//! The terminal as a program in a container sees it: every key as it comes, and the size.

#[cfg_attr(unix, path = "terminal/unix.rs")]
#[cfg_attr(not(unix), path = "terminal/other.rs")]
mod system;

pub(crate) use system::{IS_SUPPORTED, Raw, carry, size};
