//! The exit codes in the table that no other test covers.

use insta::assert_snapshot;

use super::support::{Stage, TestEnvironment, group_stage, run_step};

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
     help: without `--strict-parity` they are reported and the run continues
    --- exit status: 7
    ");
    drop(environment.cirun(&["check", "pipeline-vm.yaml", "--strict-parity"]).exits(7));
}

/// A run in which nothing can run is not a success, whatever the reason.
#[test]
fn nothing_that_runs_locally() {
    let deploy =
        group_stage("Deployment", &["- step: {type: K8sRollingDeploy, name: roll, identifier: roll, spec: {}}"]);
    let environment = TestEnvironment::pipeline(deploy);
    assert_snapshot!(environment.cirun(&["local", "ci.yaml"]).exits(3), @"
    --- stderr
    error: nothing of this pipeline runs locally:
      deploy: a `Deployment` stage is not run locally
     help: `cirun plan`, `explain` and `check` still work on it
    --- exit status: 3
    ");
    assert_snapshot!(environment.cirun(&["local", "ci.yaml", "--fail-on-skip"]).exits(3), @"
    --- stderr
    error: 1 stage not run locally:
      deploy: a `Deployment` stage is not run locally
    --- exit status: 3
    ");
    let bitrise = "- step: {type: Bitrise, name: b, identifier: b, spec: {uses: x}}";
    let environment = TestEnvironment::pipeline(Stage::cloud().step(bitrise).pipeline());
    assert_snapshot!(environment.cirun(&["local", "ci.yaml"]).exits(3), @"
    --- stderr
    error: nothing of this pipeline runs locally:
      b: it runs a GitHub Action or a Bitrise step, for which the service has a runner of its own
     help: `cirun plan`, `explain` and `check` still work on it
    --- exit status: 3
    ");
}

/// A Background step of a Deployment stage has no pod or network outside a containerised group.
#[test]
fn a_service_outside_of_containerised_groups() {
    let service =
        "- step: {type: Background, name: db, identifier: db, spec: {image: \"redis:7\", connectorRef: images}}";
    let environment = TestEnvironment::pipeline(group_stage("Deployment", &[service]));
    assert_snapshot!(environment.cirun(&["local", "ci.yaml"]).exits(3), @r#"
    --- stderr
    background-outside-group

      × `db` is not in a containerised step group of its `Deployment` stage
        ╭─[ci.yaml:12:28]
     11 │             steps:
     12 │             - step: {type: Background, name: db, identifier: db, spec: {image: "redis:7", connectorRef: images}}
        ·                            ─────┬────
        ·                                 ╰── a Background step runs in the pod of its step group (groups.background-inside)
        ╰────
      help: put it, with the steps that use it, into a step group with
            `stepGroupInfra`
    error: the pipeline has 1 error; nothing was started
    --- exit status: 3
    "#);
}

/// CI skips such a stage too, so it is not a failure; but it is not a success either.
#[test]
fn nothing_whose_condition_holds() {
    let never = "- step: {type: Run, name: a, identifier: a, when: {stageStatus: Success, condition: \"false\"}, spec: {shell: Sh, command: \"true\"}}";
    let environment = TestEnvironment::pipeline(Stage::cloud().step(never).pipeline());
    let output = environment.cirun(&["local", "ci.yaml", "--engine", "host", "--progress", "plain"]).exits(0);
    assert!(output.words().contains("- nothing of it has run: 1 skipped"), "{output}");
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

/// An engine that accepts connections and never responds stops a run before it begins.
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
    stopping; press Ctrl-C again to kill
    stopped before the first step: no step has run
    ");
    drop(held);
}
