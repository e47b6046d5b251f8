//! Errors that CI would report, before anything starts.

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::{diagnostics, plan_document, plan_steps};

fn said(steps: &str) -> String {
    diagnostics(&plan_steps(Profile::Vm, steps, |_| {}))
}

fn run(spec: &str) -> String {
    said(&format!("- step: {{type: Run, name: go, identifier: go, spec: {{{spec}}}}}\n"))
}

#[test]
fn unknown_connector() {
    assert_snapshot!(run("image: a:1, connectorRef: hbu, command: x"), @"
    parity[connector-assumed] the connector `hbu` is in no file
      at `hbu`: the image is pulled with your own `docker login`, or without a login
      help: no action is needed; to use the connector, write it as `connector: {name: hbu, identifier: hbu, type: DockerRegistry, spec: {dockerRegistryUrl: https://index.docker.io/v2/, providerType: DockerHub, auth: {type: Anonymous}}}` in a YAML file under `.harness/` or under a directory named by `--include`
    ");
}

#[test]
fn unknown_connector_of_the_account() {
    assert_snapshot!(run("image: a:1, connectorRef: account.registry, command: x"), @"
    parity[connector-assumed] the connector `account.registry` is in no file
      at `account.registry`: the image is pulled with your own `docker login`, or without a login
      help: no action is needed; to use the connector, write it as `connector: {name: registry, identifier: registry, type: DockerRegistry, spec: {dockerRegistryUrl: https://index.docker.io/v2/, providerType: DockerHub, auth: {type: Anonymous}}}` in a YAML file under `.harness/` or under a directory named by `--include`
    ");
}

#[test]
fn the_connector_of_harness_images_needs_no_file() {
    assert_snapshot!(run("image: a:1, connectorRef: account.harnessImage, command: x"), @"");
}

#[test]
fn unknown_connector_where_there_is_none() {
    let text = "pipeline:\n  identifier: p\n  name: p\n  stages:\n    - stage:\n        identifier: b\n        name: b\n        type: CI\n        spec:\n          runtime: {type: Cloud, spec: {}}\n          execution: {steps: [{step: {type: Run, name: go, identifier: go, spec: {image: \"a:1\", connectorRef: hub, command: x}}}]}\n";
    assert_snapshot!(diagnostics(&plan_document(text, |_| {})), @"
    parity[connector-assumed] the connector `hub` is in no file
      at `hub`: the image is pulled with your own `docker login`, or without a login
      help: no action is needed; to use the connector, write it as `connector: {name: hub, identifier: hub, type: DockerRegistry, spec: {dockerRegistryUrl: https://index.docker.io/v2/, providerType: DockerHub, auth: {type: Anonymous}}}` in a YAML file under `.harness/` or under a directory named by `--include`
    ");
}

#[test]
fn unknown_pull_policy() {
    assert_snapshot!(run("image: a:1, connectorRef: hub, command: x, imagePullPolicy: always"), @"
    error[unknown-word] unknown pull policy `always`
      at `always`: no such policy
      help: did you mean `Always`?
    ");
}

#[test]
fn unknown_shell() {
    assert_snapshot!(run("image: a:1, connectorRef: hub, command: x, shell: Zsh"), @"
    error[unknown-word] unknown shell `Zsh`
      at `Zsh`: no such shell
      help: write one of Sh, Bash, Powershell, Pwsh, Python
    ");
}

#[test]
fn memory_in_bytes() {
    let steps = "- step: {type: Run, name: go, identifier: go, spec: {image: \"a:1\", connectorRef: hub, command: x, resources: {limits: {memory: \"500\"}}}}\n";
    assert_snapshot!(diagnostics(&plan_steps(Profile::Kubernetes, steps, |_| {})), @r#"
    error[bad-quantity] the memory limit `500` is out of range
      at `"500"`: a number with a unit, without a blank (infra.limits)
      help: a plain number counts bytes, and no container starts in less than 6Mi: did you mean `500Mi`?
    "#);
}

#[test]
fn bad_port() {
    assert_snapshot!(said("- step: {type: Background, name: db, identifier: db, spec: {image: \"redis:7\", portBindings: {\"80\": http, \"99999\": \"80\"}}}\n"), @r#"
    error[bad-port] `80` → `http` are not two ports
      at `http`: a port is a whole number from 1 to 65535
      help: write `"HOST": "CONTAINER"`, such as `"8080": "80"`
    error[bad-port] `99999` → `80` are not two ports
      at `"80"`: a port is a whole number from 1 to 65535
      help: write `"HOST": "CONTAINER"`, such as `"8080": "80"`
    "#);
}

#[test]
fn an_instance_with_the_id_of_another_step() {
    let looped = "- step: {type: Run, name: go, identifier: go, strategy: {parallelism: 2}, spec: {command: x}}\n";
    let step = "- step: {type: Run, name: go, identifier: go_1, spec: {command: x}}\n";
    assert_snapshot!(said(&format!("{looped}{step}")), @"
    error[duplicate-step] two steps have the identifier `go_1`
      at `go_1`: the second
      help: give one of them another identifier
    ");
}

#[test]
fn a_flag_that_is_not_one() {
    assert_snapshot!(run("image: a:1, connectorRef: hub, command: x, privileged: <+pipeline.name>"), @"
    error[wrong-type] `privileged` evaluates to `p`, which is not a boolean
      at `<+pipeline.name>`: expected a boolean
    ");
}

#[test]
fn wait_without_duration() {
    assert_snapshot!(said("- step: {type: Wait, name: w, identifier: w, spec: {}}\n"), @"
    error[missing-required-input] `Wait` step `w` needs `duration`
      at `w`: it has none (documents.wait)
      help: set `duration`, such as `30s`
    ");
}

#[test]
fn a_step_type_without_local_counterpart() {
    assert_snapshot!(said("- step: {type: Owasp, name: scan, identifier: scan, spec: {mode: orchestration}}\n"), @"
    parity[step-not-run] `scan` is skipped: it is a scan of Security Testing Orchestration, which needs the Harness service
      at `Owasp`: CI runs this step
    ");
}
