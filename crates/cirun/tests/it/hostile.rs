//! `cirun check` with every kind of bad input: it may report errors, but has no bug, and is limited in time and memory.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use super::support::TestEnvironment;

#[path = "../../../../fuzz/hostile.rs"]
mod kinds;

/// Address space in KiB; a debug binary has much of it that is never used.
const MEMORY: &str = "1500000";
/// Far more than a debug binary needs, even on a busy machine.
const TIME: Duration = Duration::from_secs(120);

#[test]
fn every_kind_ends_in_time_with_a_diagnostic() {
    for (kind, bytes, valid) in kinds::all() {
        let environment = TestEnvironment::pipeline(bytes);
        let began = Instant::now();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "ulimit -v \"$0\" && exec \"$@\"", MEMORY, env!("CARGO_BIN_EXE_cirun"), "check", "ci.yaml"])
            .current_dir(environment.workspace());
        let output = shell.output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert_eq!(output.status.code(), Some(if valid { 0 } else { 3 }), "{kind}: {said}");
        assert!(valid || said.contains("ci.yaml"), "{kind} names its place: {said}");
        assert!(said.len() < 8000, "{kind} has {} bytes of output", said.len());
        assert!(began.elapsed() < TIME, "{kind} took {:?}", began.elapsed());
    }
}
