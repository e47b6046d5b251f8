//! The rows of the table of exit codes that no other test is about.

use insta::assert_snapshot;

use super::support::{Stage, TestEnvironment, run_step};

#[test]
fn aws_without_credentials() {
    let environment = TestEnvironment::example("shop").with("AWS_EC2_METADATA_DISABLED", "true");
    drop(
        environment
            .cirun(&["local", "pipeline.yaml", "--aws", "real", "--push", "none"])
            .exits(6)
            .says("error: no AWS credentials: "),
    );
    assert_eq!(environment.records().len(), 0);
}

#[test]
fn a_difference_from_ci_with_strict_parity() {
    let environment = TestEnvironment::example("shop");
    let output = environment.cirun(&["local", "pipeline-vm.yaml", "--strict-parity"]).exits(7);
    assert_eq!(environment.records().len(), 0);
    assert_snapshot!(output, @r"
    --- stderr

    differs from CI (1):
      `push` starts a daemon of its own: CI uses the machine's  (pipeline-vm.yaml:128:31)
    error: 1 difference from CI; nothing was started
     help: without `--strict-parity` they are reported and the run goes on
    --- exit status: 7
    ");
    drop(environment.cirun(&["check", "pipeline-vm.yaml", "--strict-parity"]).exits(7));
}

#[test]
fn a_workspace_that_does_not_exist() {
    let environment = TestEnvironment::example("shop");
    assert_snapshot!(environment.cirun(&["list", "pipeline.yaml", "--workspace", "nowhere"]).exits(2), @r"
    --- stderr
    error: there is no workspace [ROOT]/work/nowhere: No such file or directory (os error 2)
     help: `--workspace DIR` names the directory that steps see as `/harness`
    --- exit status: 2
    ");
}

/// An engine that takes connections and never answers holds a run up before it begins.
#[cfg(unix)]
#[test]
fn interrupted_before_the_first_step() {
    let environment = TestEnvironment::pipeline(Stage::kubernetes().step(&run_step("a", "true")).pipeline());
    let socket = environment.workspace().join("engine.sock");
    let engine = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let environment = environment.with("DOCKER_HOST", &format!("unix://{}", socket.display()));
    let running = environment.start(&["local", "ci.yaml"]);
    let held = engine.accept().unwrap();
    running.signal(rustix::process::Signal::INT);
    assert_snapshot!(running.wait().exits(130).words(), @"
    stopping: once more to kill
    stopped before the first step: nothing of the pipeline has run
    ");
    drop(held);
}
