//! The Background step: its inputs, and its connector (the reference's page background).

use insta::assert_snapshot;

use crate::harness::by_profile;

/// A Background step with these lines in its `spec`.
pub(crate) fn background(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("      {line}\n")).collect();
    by_profile(&format!(
        "- step:\n    type: Background\n    name: db\n    identifier: db\n    spec:\n      shell: Sh\n{spec}"
    ))
}

#[test]
fn image_required_for_k8() {
    assert_snapshot!(background("connectorRef: hub\ncommand: serve"), @"
    == kubernetes, docker
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    == vm, cloud
    service db Background
      host: sh | -c | set -e; serve
    warning[ignored-input] `connectorRef` has no effect on this step
      at `hub`: only for a service in a container (background.on-machine)
      help: remove `connectorRef`
    ");
}

#[test]
fn connector_ref_required_for_k8() {
    assert_snapshot!(background("image: redis:7"), @"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
    error[missing-required-input] `Background` step `db` needs `connectorRef` on PROFILE
      at `db`: required on Kubernetes unless `harnessManagedImage` is set (background.connector)
      help: set `connectorRef` or `harnessManagedImage`
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    ");
}

#[test]
fn command() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\ncommand: redis-server --port 7000"), @"
    == kubernetes
    service db Background
      image: redis:7
      entrypoint: sh | -c
      command: set -e⏎redis-server --port 7000
      aliases: db
    == vm, cloud, docker
    service db Background
      image: redis:7
      entrypoint: sh | -c
      command: set -e; redis-server --port 7000
      aliases: db
    ");
}

#[test]
fn entrypoint() {
    assert_snapshot!(background("image: docker:dind\nconnectorRef: hub\nentrypoint: [dockerd-entrypoint.sh, --mtu=1450]"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: docker:dind
      entrypoint: dockerd-entrypoint.sh | --mtu=1450
      aliases: db
    warning[unprivileged-dind] `docker:dind` cannot start its daemon unprivileged
      at `docker:dind`: Docker in Docker needs `privileged: true` (groups.dind-privileged)
      help: add `privileged: true`
    ");
}

#[test]
fn entrypoint_takes_precedence_over_command() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nentrypoint: [redis-server]\ncommand: echo never"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis:7
      entrypoint: redis-server
      aliases: db
    warning[ignored-input] `command` has no effect beside `entrypoint`
      at `echo never`: the entrypoint takes its place (background.entrypoint)
      help: remove one of the two
    ");
}

#[test]
fn env_variables() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nenvVariables: {A: \"1\", EMPTY: \"\"}"), @"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
      env: A=1
      env: EMPTY=
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
      env: A=1
    warning[empty-env-dropped] `EMPTY` is empty, so it is not set
      at `db`: the runner drops empty values (environment.empty)
      help: test for it with `${EMPTY:-}`, or give it a value
    ");
}

#[test]
fn resources() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nresources: {limits: {memory: 1Gi, cpu: 250m}}"), @"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
      limits: 250000000 nano-CPUs, 1073741824 bytes
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `resources.limits.memory` has no effect on PROFILE
      at `1Gi`: only on Kubernetes (background.resources)
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on PROFILE
      at `250m`: only on Kubernetes (background.resources)
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    ");
}

#[test]
fn resources_requested() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nresources: {requests: {memory: 1Gi, cpu: 250m}}"), @"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `resources.requests.memory` has no effect on PROFILE
      at `1Gi`: only on Kubernetes (background.resources)
      help: remove `resources.requests.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.requests.cpu` has no effect on PROFILE
      at `250m`: only on Kubernetes (background.resources)
      help: remove `resources.requests.cpu`, or run the stage where it has an effect
    ");
}

#[test]
fn resources_malformed() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nresources: {limits: {memory: 500 Mi, cpu: abc}}"), @"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
    error[bad-quantity] the CPU limit `abc` is not a quantity
      at `abc`: a number with a unit, without a blank (infra.limits)
      help: write cores, such as `0.5`, or millicores, such as `400m`
    error[bad-quantity] the memory limit `500 Mi` has a space in it
      at `500 Mi`: a number with a unit, without a blank (infra.limits)
      help: write `500Mi`, without the space
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `resources.limits.memory` has no effect on PROFILE
      at `500 Mi`: only on Kubernetes (background.resources)
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on PROFILE
      at `abc`: only on Kubernetes (background.resources)
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    ");
}

#[test]
fn resources_requested_malformed() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nresources: {requests: {memory: 1 Gi, cpu: abc}}"), @"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
    error[bad-quantity] the CPU request `abc` is not a quantity
      at `abc`: a number with a unit, without a blank (infra.limits)
      help: write cores, such as `0.5`, or millicores, such as `400m`
    error[bad-quantity] the memory request `1 Gi` has a space in it
      at `1 Gi`: a number with a unit, without a blank (infra.limits)
      help: write `1Gi`, without the space
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `resources.requests.memory` has no effect on PROFILE
      at `1 Gi`: only on Kubernetes (background.resources)
      help: remove `resources.requests.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.requests.cpu` has no effect on PROFILE
      at `abc`: only on Kubernetes (background.resources)
      help: remove `resources.requests.cpu`, or run the stage where it has an effect
    ");
}

#[test]
fn privileged() {
    assert_snapshot!(background("image: docker:27-dind\nconnectorRef: hub\nprivileged: true"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: docker:27-dind
      aliases: db
      privileged: pipeline.yaml:22:31
    ");
}

#[test]
fn run_as_user() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nrunAsUser: \"999\""), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
      user: 999
    ");
}

#[test]
fn shell() {
    let step = "- step:\n    type: Background\n    name: db\n    identifier: db\n    spec: {image: \"python:3\", connectorRef: hub, shell: Python, command: serve()}\n";
    assert_snapshot!(by_profile(step), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: python:3
      entrypoint: python3 | -c
      command: serve()
      aliases: db
    ");
}

#[test]
fn image_pull_policy() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nimagePullPolicy: Never"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis:7
      pull: Never
      aliases: db
    ");
}

#[test]
fn image_pull_policy_unset_pulls_latest_only() {
    assert_snapshot!(background("image: redis\nconnectorRef: hub"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis
      pull: Always
      aliases: db
    ");
}

#[test]
fn reports() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nreports: {type: JUnit, spec: {paths: [out/*.xml]}}"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
      report: out/*.xml
    ");
}

#[test]
fn retry() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nretry: 2"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `retry` has no effect on this step
      at `2`: a service that was started is a success, so nothing is tried again (background.retry)
      help: remove `retry`
    ");
}

#[test]
fn output_variables_not_supported() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\noutputVariables: [{name: PORT}]"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `outputVariables` has no effect on this step
      at `[{name: PORT}]`: Background steps have no output variables (background.output-variables)
      help: remove `outputVariables`
    ");
}

#[test]
fn image_wildcards_not_supported() {
    assert_snapshot!(background("image: library/tomcat*\nconnectorRef: hub"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: library/tomcat*
      pull: Always
      aliases: db
    error[bad-image] `library/tomcat*` is not an image
      at `library/tomcat*`: the name of an image has no wildcard (images.name)
      help: name one image, with its tag
    ");
}

#[test]
fn docker_username_password_is_for_pulls_only() {
    assert_snapshot!(background("image: team/db:1\nconnectorRef: quay"), @"
    == kubernetes
    service db Background
      image: quay.io/team/db:1
      auth: robot at quay.io
      aliases: db
    == vm, cloud, docker
    service db Background
      image: team/db:1
      auth: robot at quay.io
      aliases: db
    ");
}

#[test]
fn alias_in_a_step_group_is_group_and_id() {
    let group = "- stepGroup:\n    identifier: outer\n    name: outer\n    steps:\n      - stepGroup:\n          identifier: inner\n          name: inner\n          steps:\n            - step: {type: Background, name: db, identifier: db, spec: {image: \"redis:7\", connectorRef: hub}}\n";
    assert_snapshot!(by_profile(group), @"
    == kubernetes
    StepGroup outer (at most 1)
      StepGroup inner (at most 1)
        service outer.inner.db Background
          image: redis:7
          aliases: inner_db, db
    == vm, cloud, docker
    StepGroup outer (at most 1)
      StepGroup inner (at most 1)
        service outer.inner.db Background
          image: redis:7
          aliases: inner_db
    ");
}

#[test]
fn docker_anonymous_needs_no_credentials() {
    assert_snapshot!(background("image: team/db:1\nconnectorRef: hub"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: team/db:1
      aliases: db
    ");
}

#[test]
fn name_and_id() {
    let step = "- step: {type: Background, name: The Database, identifier: my_db, spec: {image: \"redis:7\", connectorRef: hub}}\n- step: {type: Run, name: go, identifier: go, spec: {image: \"busybox:1\", connectorRef: hub, command: nc my_db 6379}}\n";
    assert_snapshot!(by_profile(step), @"
    == kubernetes
    service my_db Background
      image: redis:7
      aliases: my_db
    go Run
      image: busybox:1
      entrypoint: sh | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎nc my_db 6379
    parity[service-host-name] `go` reaches `my_db` by its id, which does not resolve in CI
      at `go`: on Kubernetes a service is on `localhost` (network.localhost)
      help: use `localhost`, or add `my_db` to the infrastructure's `spec.hostNames`; locally the id resolves anyway
    == vm, cloud, docker
    service my_db Background
      image: redis:7
      aliases: my_db
    go Run
      image: busybox:1
      entrypoint: sh | -c
      command: set -e; nc my_db 6379
    ");
}
