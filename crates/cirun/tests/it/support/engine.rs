//! The engine of a run, from outside: what is left on it, and what it can pull.

use std::process::Command;

/// Runs `docker` and returns its output; a failure fails the test.
#[track_caller]
pub(crate) fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("docker's command line is installed");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {}: {stderr}", args.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

/// The containers, networks and volumes with the run's label.
pub(crate) fn left_by(run: &str) -> Vec<String> {
    let label = format!("label=cirun.run={run}");
    let kinds: [&[&str]; 3] = [&["ps", "--all"], &["network", "ls"], &["volume", "ls"]];
    let listed = kinds.map(|kind| docker(&[kind, &["--quiet", "--filter", &label]].concat()));
    listed.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
}

/// Checks that nothing with the run's label is left.
#[track_caller]
pub(crate) fn assert_nothing_left(run: &str) {
    assert_eq!(left_by(run), [] as [&str; 0], "objects of the run {run}");
}
