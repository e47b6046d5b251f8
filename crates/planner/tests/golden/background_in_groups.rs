//! Background steps in step groups (groups.background-inside, groups.advanced).

use insta::assert_snapshot;

use crate::harness::by_profile;

/// A step group with a Background step and a Run step.
fn group(service: &str, run: &str) -> String {
    let indented = |text: &str, by: usize| -> String {
        text.trim_matches('\n').lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
    };
    format!(
        "- stepGroup:\n    identifier: tests\n    name: tests\n    steps:\n      - step:\n          type: Background\n          name: db\n          identifier: db\n{}      - step:\n          type: Run\n          name: go\n          identifier: go\n{}",
        indented(service, 10),
        indented(run, 10)
    )
}

const RUN: &str = "spec: {image: \"busybox:1\", connectorRef: hub, command: \"true\"}";

#[test]
fn docker_in_docker() {
    let service = "spec:\n  image: docker:27-dind\n  connectorRef: hub\n  privileged: true\n  entrypoint: [dockerd-entrypoint.sh, \"--mtu=1450\"]";
    let run = "spec:\n  image: docker:27-cli\n  connectorRef: hub\n  envVariables: {DOCKER_HOST: \"tcp://tests_db:2375\"}\n  command: docker info";
    assert_snapshot!(by_profile(&group(service, run)), @"
    == kubernetes
    StepGroup tests (at most 1)
      service tests.db Background
        image: docker:27-dind
        entrypoint: dockerd-entrypoint.sh | --mtu=1450
        aliases: tests_db, db
        privileged: pipeline.yaml:25:37
      tests.go Run
        image: docker:27-cli
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎docker info
        env: DOCKER_HOST=tcp://tests_db:2375
    parity[service-host-name] `tests.go` reaches `tests_db` by its id, which does not resolve in CI
      at `go`: on Kubernetes a service is on `localhost` (network.localhost)
      help: use `localhost`, or add `tests_db` to the infrastructure's `spec.hostNames`; locally the id resolves anyway
    == vm, cloud, docker
    StepGroup tests (at most 1)
      service tests.db Background
        image: docker:27-dind
        entrypoint: dockerd-entrypoint.sh | --mtu=1450
        aliases: tests_db
        privileged: pipeline.yaml:25:37
      tests.go Run
        image: docker:27-cli
        entrypoint: sh | -c
        command: set -e; docker info
        env: DOCKER_HOST=tcp://tests_db:2375
    ");
}

#[test]
fn settings() {
    let service = "spec:\n  image: redis:7\n  connectorRef: hub\n  imagePullPolicy: Always\n  reports: {type: JUnit, spec: {paths: [\"out/*.xml\"]}}\n  envVariables: {A: \"1\"}\n  resources: {limits: {memory: 1Gi, cpu: \"0.1\"}}";
    assert_snapshot!(by_profile(&group(service, RUN)), @r#"
    == kubernetes
    StepGroup tests (at most 1)
      service tests.db Background
        image: redis:7
        pull: Always
        aliases: tests_db, db
        limits: 100000000 nano-CPUs, 1073741824 bytes
        env: A=1
        report: out/*.xml
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎true
    == vm, cloud, docker
    StepGroup tests (at most 1)
      service tests.db Background
        image: redis:7
        pull: Always
        aliases: tests_db
        env: A=1
        report: out/*.xml
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e; true
    warning[ignored-input] `resources.limits.memory` has no effect on PROFILE
      at `1Gi`: only on Kubernetes (background.resources)
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on PROFILE
      at `"0.1"`: only on Kubernetes (background.resources)
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    "#);
}

#[test]
fn container_registry_and_image() {
    let service = "spec: {image: team/db, connectorRef: quay}";
    assert_snapshot!(by_profile(&group(service, RUN)), @"
    == kubernetes
    StepGroup tests (at most 1)
      service tests.db Background
        image: quay.io/team/db
        pull: Always
        auth: robot at quay.io
        aliases: tests_db, db
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎true
    == vm, cloud, docker
    StepGroup tests (at most 1)
      service tests.db Background
        image: team/db
        pull: Always
        auth: robot at quay.io
        aliases: tests_db
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e; true
    ");
}

#[test]
fn entry_point() {
    let service = "spec:\n  image: redis:7\n  connectorRef: hub\n  entrypoint: [redis-server, \"--port\", \"7000\"]\n  command: redis-server";
    assert_snapshot!(by_profile(&group(service, RUN)), @"
    == kubernetes
    StepGroup tests (at most 1)
      service tests.db Background
        image: redis:7
        entrypoint: redis-server | --port | 7000
        aliases: tests_db, db
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎true
    warning[ignored-input] `command` has no effect beside `entrypoint`
      at `redis-server`: the entrypoint takes its place (background.entrypoint)
      help: remove one of the two
    == vm, cloud, docker
    StepGroup tests (at most 1)
      service tests.db Background
        image: redis:7
        entrypoint: redis-server | --port | 7000
        aliases: tests_db
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e; true
    warning[ignored-input] `command` has no effect beside `entrypoint`
      at `redis-server`: the entrypoint takes its place (background.entrypoint)
      help: remove one of the two
    ");
}

#[test]
fn shell_and_command() {
    let service = "spec:\n  image: redis:7\n  connectorRef: hub\n  shell: Bash\n  command: redis-server --port 7000";
    assert_snapshot!(by_profile(&group(service, RUN)), @"
    == kubernetes
    StepGroup tests (at most 1)
      service tests.db Background
        image: redis:7
        entrypoint: bash | -c
        command: set -e⏎redis-server --port 7000
        aliases: tests_db, db
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎true
    == vm, cloud, docker
    StepGroup tests (at most 1)
      service tests.db Background
        image: redis:7
        entrypoint: bash | -c
        command: set -e; redis-server --port 7000
        aliases: tests_db
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e; true
    ");
}

#[test]
fn advanced_settings() {
    let service = "when: {stageStatus: All, condition: <+codebase.build.type> == \"branch\"}\nstrategy: {parallelism: 2}\nfailureStrategies:\n  - onFailure: {errors: [AllErrors], action: {type: Ignore}}\nenforce: {policySets: [account.images]}\nspec: {image: \"redis:7\", connectorRef: hub}";
    assert_snapshot!(by_profile(&group(service, RUN)), @r#"
    == kubernetes
    StepGroup tests (at most 1)
      Loop db (at most 2)
        service tests.db_0 Background
          image: redis:7
          aliases: tests_db_0, db_0
          when: All && <+codebase.build.type> == "branch" = true
        service tests.db_1 Background
          image: redis:7
          aliases: tests_db_1, db_1
          when: All && <+codebase.build.type> == "branch" = true
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎true
    warning[ignored-input] `failureStrategies` has no effect on this step
      at `onFailure: {errors: [AllErrors], action: {type: Ignore}}`: Background steps of CI have no failure strategies (background.failure-strategies)
      help: remove `failureStrategies`
    warning[pod-port-twice] `tests.db_0` and `tests.db_1` both run `redis:7` unchanged
      at `db`: the second
      help: services of a pod share its ports: let one listen on another port, with `envVariables`, `entrypoint` or `command`
    parity[policy-not-enforced] the policy sets of `tests.db_0` are not evaluated
      at `[account.images]`: the Harness service evaluates them
    parity[policy-not-enforced] the policy sets of `tests.db_1` are not evaluated
      at `[account.images]`: the Harness service evaluates them
    == vm, cloud, docker
    StepGroup tests (at most 1)
      Loop db (at most 2)
        service tests.db_0 Background
          image: redis:7
          aliases: tests_db_0
          when: All && <+codebase.build.type> == "branch" = true
        service tests.db_1 Background
          image: redis:7
          aliases: tests_db_1
          when: All && <+codebase.build.type> == "branch" = true
      tests.go Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e; true
    warning[ignored-input] `failureStrategies` has no effect on this step
      at `onFailure: {errors: [AllErrors], action: {type: Ignore}}`: Background steps of CI have no failure strategies (background.failure-strategies)
      help: remove `failureStrategies`
    parity[policy-not-enforced] the policy sets of `tests.db_0` are not evaluated
      at `[account.images]`: the Harness service evaluates them
    parity[policy-not-enforced] the policy sets of `tests.db_1` are not evaluated
      at `[account.images]`: the Harness service evaluates them
    "#);
}
