//! The Run step's inputs and its composition (the reference's page run).

use insta::assert_snapshot;

use crate::harness::{by_profile, difference};

const IMAGE: &str = "image: alpine:3\nconnectorRef: hub\n";

fn step(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("      {line}\n")).collect();
    format!("- step:\n    type: Run\n    name: go\n    identifier: go\n    spec:\n{spec}")
}

fn run(spec: &str) -> String {
    by_profile(&step(spec))
}

/// The changes that this makes to a step with image and command.
fn with(spec: &str) -> String {
    let base = format!("{IMAGE}command: make\n");
    difference(&step(&base), &step(&format!("{base}{spec}")), |_| {})
}

#[test]
fn image_required_for_k8_and_containerless_on_vm() {
    assert_snapshot!(run("command: make"), @"
    == kubernetes
    go Run
      skipped: it has no image
    error[missing-required-input] `Run` step `go` needs `image` on PROFILE
      at `go`: required on Kubernetes; elsewhere the step can run on the machine itself (run.image)
      help: set `image`
    error[missing-required-input] `Run` step `go` needs `connectorRef` on PROFILE
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: set `connectorRef` or `registryRef`
    == vm, cloud, docker
    go Run
      host: sh | -c | set -e; make
    ");
}

#[test]
fn connector_ref_or_registry_ref_required_for_k8() {
    assert_snapshot!(run("image: alpine:3\ncommand: make"), @"
    == kubernetes
    go Run
      image: alpine:3
      entrypoint: sh | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make
    error[missing-required-input] `Run` step `go` needs `connectorRef` on PROFILE
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: set `connectorRef` or `registryRef`
    == vm, cloud, docker
    go Run
      image: alpine:3
      entrypoint: sh | -c
      command: set -e; make
    note[image-without-connector] `Run` step `go` has `image` and no `connectorRef`
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    ");
    assert_snapshot!(run("image: alpine:3\nregistryRef: har\ncommand: make"), @"
    == kubernetes
    go Run
      image: alpine:3
      entrypoint: sh | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make
    == vm, cloud, docker
    go Run
      image: alpine:3
      entrypoint: sh | -c
      command: set -e; make
    ");
}

#[test]
fn neither_command_nor_image() {
    assert_snapshot!(run("shell: Sh"), @"
    == kubernetes
    go Run
      skipped: it has neither a command nor an image
    error[missing-required-input] `Run` step `go` needs `image` on PROFILE
      at `go`: required on Kubernetes; elsewhere the step can run on the machine itself (run.image)
      help: set `image`
    error[missing-required-input] `Run` step `go` needs `connectorRef` on PROFILE
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: set `connectorRef` or `registryRef`
    == vm, cloud, docker
    go Run
      skipped: it has neither a command nor an image
    error[missing-required-input] `Run` step `go` needs `command` on PROFILE
      at `go`: machines refuse a step without `command` and `image` (run.command)
      help: set `command` or `image`
    ");
}

#[test]
fn image_only_runs_its_own_entrypoint() {
    assert_snapshot!(run(IMAGE), @"
    == kubernetes, vm, cloud, docker
    go Run
      image: alpine:3
    ");
}

#[test]
fn shell_bash() {
    assert_snapshot!(with("shell: Bash"), @"
    == kubernetes, vm, cloud, docker
    - entrypoint: sh | -c
    + entrypoint: bash | -c
    ");
}

#[test]
fn shell_powershell() {
    assert_snapshot!(with("shell: Powershell"), @"
    == kubernetes
    - entrypoint: sh | -c
    - command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make
    + entrypoint: powershell | -Command
    + command: $ErrorActionPreference = 'Stop' ⏎make
    == vm, cloud, docker
    - entrypoint: sh | -c
    - command: set -e; make
    + entrypoint: powershell | -Command
    + command: $ErrorActionPreference = 'Stop' ⏎make
    ");
}

#[test]
fn shell_pwsh() {
    assert_snapshot!(with("shell: Pwsh"), @"
    == kubernetes
    - entrypoint: sh | -c
    - command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make
    + entrypoint: pwsh | -Command
    + command: $ErrorActionPreference = 'Stop' ⏎make
    == vm, cloud, docker
    - entrypoint: sh | -c
    - command: set -e; make
    + entrypoint: pwsh | -Command
    + command: $ErrorActionPreference = 'Stop' ⏎make
    ");
}

#[test]
fn shell_python() {
    assert_snapshot!(with("shell: Python"), @"
    == kubernetes
    - entrypoint: sh | -c
    - command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make
    + entrypoint: python3 | -c
    + command: make
    == vm, cloud, docker
    - entrypoint: sh | -c
    - command: set -e; make
    + entrypoint: python3 | -c
    + command: make
    ");
}

#[test]
fn shell_in_any_case() {
    assert_snapshot!(with("shell: bash"), @"
    == kubernetes, vm, cloud, docker
    - entrypoint: sh | -c
    + entrypoint: bash | -c
    ");
}

#[test]
fn env_variables() {
    assert_snapshot!(with("envVariables: {A: \"1\", B: <+secrets.getValue(\"token\")>}"), @"
    == kubernetes, vm, cloud, docker
    + env: A=1
    + env: B=***
    ");
}

#[test]
fn resources() {
    assert_snapshot!(with("resources: {limits: {memory: 1G, cpu: \"0.5\"}}"), @r#"
    == kubernetes
    + limits: 500000000 nano-CPUs, 1000000000 bytes
    == vm, cloud, docker
    + warning[ignored-input] `resources.limits.memory` has no effect on PROFILE
    + at `1G`: only on Kubernetes (run.resources)
    + help: remove `resources.limits.memory`, or run the stage where it has an effect
    + warning[ignored-input] `resources.limits.cpu` has no effect on PROFILE
    + at `"0.5"`: only on Kubernetes (run.resources)
    + help: remove `resources.limits.cpu`, or run the stage where it has an effect
    "#);
}

#[test]
fn privileged() {
    assert_snapshot!(with("privileged: true"), @"
    == kubernetes, vm, cloud, docker
    + privileged: pipeline.yaml:22:31
    ");
}

#[test]
fn run_as_user() {
    assert_snapshot!(with("runAsUser: \"1000\""), @"
    == kubernetes, vm, cloud, docker
    + user: 1000
    ");
}

#[test]
fn image_pull_policy() {
    assert_snapshot!(with("imagePullPolicy: Always"), @"
    == kubernetes, vm, cloud, docker
    + pull: Always
    ");
}

#[test]
fn output_variables() {
    assert_snapshot!(with("outputVariables: [{name: A}, {name: B, type: Secret, value: b_in_shell}]"), @r#"
    == kubernetes
    - command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make
    + command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make⏎echo "A=$A" >> /tmp/engine/go-output.env⏎echo "B=$b_in_shell" >> /tmp/engine/go-output.env
    + output: A
    + output: B (secret)
    == vm, cloud, docker
    - command: set -e; make
    + command: set -e; make⏎echo "A=$A" >> /tmp/engine/go-output.env⏎echo "B=$b_in_shell" >> /tmp/engine/go-output.env
    + output: A
    + output: B (secret)
    "#);
}

#[test]
fn reports() {
    assert_snapshot!(with("reports: {type: JUnit, spec: {paths: [\"**/*.xml\"]}}"), @"
    == kubernetes, vm, cloud, docker
    + report: **/*.xml
    ");
}

#[test]
fn image_of_a_private_registry_is_prefixed_on_k8_only() {
    assert_snapshot!(run("image: team/tool:1\nconnectorRef: quay\ncommand: make"), @"
    == kubernetes
    go Run
      image: quay.io/team/tool:1
      auth: robot at quay.io
      entrypoint: sh | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make
    == vm, cloud, docker
    go Run
      image: team/tool:1
      auth: robot at quay.io
      entrypoint: sh | -c
      command: set -e; make
    ");
}

#[test]
fn test_step_is_a_run_step() {
    let step = "- step: {type: Test, name: t, identifier: t, spec: {image: \"alpine:3\", connectorRef: hub, shell: Sh, command: make}}\n";
    assert_snapshot!(by_profile(step), @"
    == kubernetes
    t Test
      image: alpine:3
      entrypoint: sh | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make
    == vm, cloud, docker
    t Test
      image: alpine:3
      entrypoint: sh | -c
      command: set -e; make
    ");
}

#[test]
fn run_tests_runs_the_whole_command() {
    let step = "- step:\n    type: RunTests\n    name: t\n    identifier: t\n    spec: {image: \"maven:3\", connectorRef: hub, language: Java, buildTool: Maven, args: clean test, preCommand: ./before, postCommand: ./after}\n";
    assert_snapshot!(by_profile(step), @"
    == kubernetes
    t RunTests
      image: maven:3
      entrypoint: sh | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎./before⏎mvn clean test⏎./after
    parity[no-test-selection] `t` runs all tests: CI may select some
      at `t`: test intelligence is not available here
    == vm, cloud, docker
    t RunTests
      image: maven:3
      entrypoint: sh | -c
      command: set -e; ./before⏎mvn clean test⏎./after
    parity[no-test-selection] `t` runs all tests: CI may select some
      at `t`: test intelligence is not available here
    ");
}
