//! Steps as real processes: no engine is needed.

#[path = "host/harness.rs"]
mod harness;

#[cfg(unix)]
#[path = "../../../testdata/free_port.rs"]
mod free_port;

#[cfg(unix)]
#[path = "host/ending.rs"]
mod ending;
#[cfg(unix)]
#[path = "host/files.rs"]
mod files;
#[cfg(unix)]
#[path = "host/running.rs"]
mod running;
#[cfg(unix)]
#[path = "host/services.rs"]
mod services;

use std::path::PathBuf;

use tempfile::TempDir;

/// A workspace that is removed after the test, and a stage in it.
async fn bed() -> (TempDir, harness::Bed) {
    let directory = tempfile::tempdir().expect("a directory for the test");
    let bed = harness::Bed::at(directory.path().to_owned(), &testbed()).await;
    (directory, bed)
}

/// The program of tests/host/testbed.rs, which cargo builds with the tests.
fn testbed() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a program");
    let target = test.parent().and_then(std::path::Path::parent).expect("tests are in `target/PROFILE/deps`");
    let program = target.join("examples/host-testbed");
    assert!(program.exists(), "{} is missing: run the tests without `--test`", program.display());
    program
}
