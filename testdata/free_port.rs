//! A port for a program that a test starts. The test targets of the crates include this file.

use std::{
    net::TcpListener,
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// A port that nobody listens on. It lies below those that the kernel gives out by itself, and apart from those of other
/// tests, whether they run as threads or as processes: what is free now is free when the program starts.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 10_000;
    const COUNT: u32 = 22_000;
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    loop {
        let number = process::id() * 8 + u32::from(GIVEN.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + (number % COUNT) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
