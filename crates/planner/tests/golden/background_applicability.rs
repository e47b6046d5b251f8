//! The inputs of a Background step that some infrastructures do not accept (the reference's page background).

use cirun_plan::{Action, Profile, Traced};
use insta::assert_snapshot;

use crate::{
    background::background,
    harness::{by_profile, diagnostics, plan_steps},
};

#[test]
fn port_bindings_rejected_on_k8() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nportBindings: {\"7000\": \"6379\"}"), @r#"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
    error[rejected-input] `portBindings` is refused on PROFILE
      at `{"7000": "6379"}`: Kubernetes refuses them (background.port-bindings)
      help: remove `portBindings`
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
      port: 7000 → 6379
    "#);
}

#[test]
fn ports_alternative_on_vm() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nports: [\"7000:6379\", \"8001\"]"), @r#"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `ports` has no effect on PROFILE
      at `["7000:6379", "8001"]`: a second form of `portBindings`, not on Kubernetes (background.ports)
      help: remove `ports`, or run the stage where it has an effect
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
      port: 7000 → 6379
      port: 8001 → 8001
    "#);
}

#[test]
fn network_aliases_vm_only() {
    assert_snapshot!(background("image: redis:7\nconnectorRef: hub\nnetworkAliases: [cache, redis.local]"), @"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `networkAliases` has no effect on PROFILE
      at `[cache, redis.local]`: names in Docker's network, which a pod has not (background.network-aliases)
      help: remove `networkAliases`, or run the stage where it has an effect
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db, cache, redis.local
    ");
}

#[test]
fn harness_managed_image_needs_no_connector_on_k8() {
    assert_snapshot!(background("image: redis:7\nharnessManagedImage: true"), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    ");
}

#[test]
fn containerless_on_vm() {
    assert_snapshot!(background("command: ./serve"), @"
    == kubernetes
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    error[missing-required-input] `Background` step `db` needs `connectorRef` on PROFILE
      at `db`: required on Kubernetes unless `harnessManagedImage` is set (background.connector)
      help: set `connectorRef` or `harnessManagedImage`
    == vm, cloud
    service db Background
      host: sh | -c | set -e; ./serve
    == docker
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    ");
}

#[test]
fn failure_strategies_not_supported() {
    let step = "- step:\n    type: Background\n    name: db\n    identifier: db\n    failureStrategies:\n      - onFailure: {errors: [AllErrors], action: {type: Ignore}}\n    spec: {image: \"redis:7\", connectorRef: hub}\n";
    assert_snapshot!(by_profile(step), @"
    == kubernetes, vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
    warning[ignored-input] `failureStrategies` has no effect on this step
      at `onFailure: {errors: [AllErrors], action: {type: Ignore}}`: Background steps of CI have no failure strategies (background.failure-strategies)
      help: remove `failureStrategies`
    ");
}

#[test]
fn not_every_setting_on_every_infrastructure() {
    let spec = "image: redis:7\nconnectorRef: hub\nprivileged: true\nreports: {type: JUnit, spec: {paths: [a.xml]}}\nenvVariables: {A: b}\nimagePullPolicy: Never\nportBindings: {\"6379\": \"6379\"}\nports: [\"6380:6380\"]\nnetworkAliases: [cache]\nrunAsUser: \"1000\"\nresources: {limits: {memory: 1Gi, cpu: \"1\"}}\nretry: 2";
    assert_snapshot!(background(spec), @r#"
    == kubernetes
    service db Background
      image: redis:7
      pull: Never
      aliases: db
      privileged: pipeline.yaml:22:31
      user: 1000
      limits: 1000000000 nano-CPUs, 1073741824 bytes
      env: A=b
      report: a.xml
    error[rejected-input] `portBindings` is refused on PROFILE
      at `{"6379": "6379"}`: Kubernetes refuses them (background.port-bindings)
      help: remove `portBindings`
    warning[ignored-input] `ports` has no effect on PROFILE
      at `["6380:6380"]`: a second form of `portBindings`, not on Kubernetes (background.ports)
      help: remove `ports`, or run the stage where it has an effect
    warning[ignored-input] `networkAliases` has no effect on PROFILE
      at `[cache]`: names in Docker's network, which a pod has not (background.network-aliases)
      help: remove `networkAliases`, or run the stage where it has an effect
    warning[ignored-input] `retry` has no effect on this step
      at `2`: a service that was started is a success, so nothing is tried again (background.retry)
      help: remove `retry`
    == vm, cloud, docker
    service db Background
      image: redis:7
      pull: Never
      aliases: db, cache
      port: 6379 → 6379
      port: 6380 → 6380
      privileged: pipeline.yaml:22:31
      user: 1000
      env: A=b
      report: a.xml
    warning[ignored-input] `resources.limits.memory` has no effect on PROFILE
      at `1Gi`: only on Kubernetes (background.resources)
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on PROFILE
      at `"1"`: only on Kubernetes (background.resources)
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    warning[ignored-input] `retry` has no effect on this step
      at `2`: a service that was started is a success, so nothing is tried again (background.retry)
      help: remove `retry`
    "#);
}

/// Memory and CPU of a service without limits, in every profile.
#[test]
fn resources_default_on_k8() {
    let step = "- step: {type: Background, name: db, identifier: db, spec: {image: \"redis:7\", connectorRef: hub}}\n";
    let limits: String = Profile::ALL
        .into_iter()
        .map(|profile| {
            let outcome = plan_steps(profile, step, |_| {});
            let services = outcome.planned.plan.stages.iter().flat_map(|stage| stage.services());
            let limits: Vec<String> = services
                .filter_map(|service| match &service.action {
                    Action::Container(container) => Some(&**container),
                    Action::Host(_) | Action::Wait(_) | Action::Skip(_) => None,
                })
                .map(|container| {
                    let shown = |limit: &Option<Traced<u64>>| {
                        limit.as_ref().map_or("none".to_owned(), |limit| format!("{} ← {}", limit.value, limit.origin))
                    };
                    format!(
                        "{profile}: memory {}, CPU {}\n",
                        shown(&container.memory_bytes),
                        shown(&container.nano_cpus)
                    )
                })
                .collect();
            limits.concat()
        })
        .collect();
    assert_snapshot!(limits, @"
    kubernetes: memory 524288000 ← default (infra.default-memory), CPU 400000000 ← default (infra.default-cpu)
    vm: memory none, CPU none
    cloud: memory none, CPU none
    docker: memory none, CPU none
    ");
}

/// No port is forwarded to a process: its ports declare what it listens on.
#[test]
fn ports_of_a_containerless_service() {
    assert_snapshot!(background("command: ./serve\nportBindings:\n  \"8080\": \"80\""), @r#"
    == kubernetes
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    error[missing-required-input] `Background` step `db` needs `connectorRef` on PROFILE
      at `db`: required on Kubernetes unless `harnessManagedImage` is set (background.connector)
      help: set `connectorRef` or `harnessManagedImage`
    error[rejected-input] `portBindings` is refused on PROFILE
      at `"8080": "80"`: Kubernetes refuses them (background.port-bindings)
      help: remove `portBindings`
    == vm, cloud
    service db Background
      host: sh | -c | set -e; ./serve
      port: 8080 → 80
    == docker
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    "#);
}

#[test]
fn entrypoint_on_vm() {
    assert_snapshot!(background("entrypoint: [./serve, --port, \"8080\"]\ncommand: echo never"), @"
    == kubernetes
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    error[missing-required-input] `Background` step `db` needs `connectorRef` on PROFILE
      at `db`: required on Kubernetes unless `harnessManagedImage` is set (background.connector)
      help: set `connectorRef` or `harnessManagedImage`
    warning[ignored-input] `command` has no effect beside `entrypoint`
      at `echo never`: the entrypoint takes its place (background.entrypoint)
      help: remove one of the two
    == vm, cloud
    service db Background
      host: ./serve | --port | 8080
    warning[ignored-input] `command` has no effect beside `entrypoint`
      at `echo never`: the entrypoint takes its place (background.entrypoint)
      help: remove one of the two
    == docker
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    warning[ignored-input] `command` has no effect beside `entrypoint`
      at `echo never`: the entrypoint takes its place (background.entrypoint)
      help: remove one of the two
    ");
}

#[test]
fn nothing_to_run_on_vm() {
    assert_snapshot!(background("envVariables: {A: b}"), @"
    == kubernetes
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    error[missing-required-input] `Background` step `db` needs `connectorRef` on PROFILE
      at `db`: required on Kubernetes unless `harnessManagedImage` is set (background.connector)
      help: set `connectorRef` or `harnessManagedImage`
    == vm, cloud
    service db Background
      skipped: it has nothing to run
    error[missing-required-input] `Background` step `db` has nothing to run
      at `db`: without an image it runs on the machine itself (background.on-machine)
      help: set `image`, or a `command` or `entrypoint` that the machine runs
    == docker
    service db Background
      skipped: it has no image
    error[missing-required-input] `Background` step `db` needs `image` on PROFILE
      at `db`: required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
      help: set `image`
    ");
}

#[test]
fn inputs_of_containers_on_vm() {
    let spec = "command: ./serve\nconnectorRef: hub\nimagePullPolicy: Always\nrunAsUser: \"1000\"\nprivileged: true\nnetworkAliases: [web]";
    assert_snapshot!(on_machines(spec), @r#"
    service db Background
      host: sh | -c | set -e; ./serve
    warning[ignored-input] `connectorRef` has no effect on this step
      at `hub`: only for a service in a container (background.on-machine)
      help: remove `connectorRef`
    warning[ignored-input] `imagePullPolicy` has no effect on this step
      at `Always`: only for a service in a container (background.on-machine)
      help: remove `imagePullPolicy`
    warning[ignored-input] `runAsUser` has no effect on this step
      at `"1000"`: only for a service in a container (background.on-machine)
      help: remove `runAsUser`
    warning[ignored-input] `privileged` has no effect on this step
      at `true`: only for a service in a container (background.on-machine)
      help: remove `privileged`
    warning[ignored-input] `networkAliases` has no effect on this step
      at `[web]`: names in Docker's network (background.on-machine)
      help: remove `networkAliases`
    "#);
}

fn on_machines(spec: &str) -> String {
    let all = background(spec);
    let (_, vm) = all.split_once("== vm, cloud\n").expect("a plan for machines");
    vm.split("\n== ").next().unwrap_or_default().to_owned()
}

/// The machine uses the host's port, containers use the service's own (network.host-port, network.container-port).
#[test]
fn ports_by_where_the_step_runs() {
    let service = "- step: {type: Background, name: db, identifier: db, spec: {image: \"redis:7\", connectorRef: hub, portBindings: {\"7000\": \"6379\"}}}\n";
    let said = |step: &str| diagnostics(&plan_steps(Profile::Vm, &format!("{service}{step}"), |_| {}));
    let host = |command: &str| {
        said(&format!("- step: {{type: Run, name: go, identifier: go, spec: {{command: {command}}}}}\n"))
    };
    let container = |command: &str| {
        said(&format!(
            "- step: {{type: Run, name: go, identifier: go, spec: {{image: \"redis:7\", connectorRef: hub, command: {command}}}}}\n"
        ))
    };
    assert_eq!(host("redis-cli -h localhost -p 7000 ping"), "");
    assert_eq!(container("redis-cli -h db -p 6379 ping"), "");
    assert_snapshot!(host("redis-cli -h db ping"), @"
    warning[service-address] `go` runs on the machine, where `db` does not resolve
      at `go`: a step on the machine reaches it at `localhost:HOST_PORT` (network.host-port)
      help: use `localhost:7000`
    ");
    assert_snapshot!(container("redis-cli -h localhost -p 7000 ping"), @"
    warning[service-address] `go` reaches port 7000 of its own container, not that of `db`
      at `go`: a step in a container reaches it at `ID:CONTAINER_PORT` (network.container-port)
      help: use `db:6379`
    ");
    assert_snapshot!(container("redis-cli -h db -p 7000 ping"), @"
    warning[service-address] `go` reaches `db` at port 7000, which is bound on the machine only
      at `go`: a step in a container reaches it at `ID:CONTAINER_PORT` (network.container-port)
      help: use `db:6379`
    ");
}

/// On the machine a service has only the ports of its `portBindings` (network.host-port).
#[test]
fn ports_that_the_machine_has_not() {
    let asks = |service: &str, command: &str| {
        let steps = format!(
            "- step: {{type: Background, name: db, identifier: db, spec: {{{service}}}}}\n- step: {{type: Run, name: ask, identifier: ask, spec: {{command: \"{command}\"}}}}\n"
        );
        diagnostics(&plan_steps(Profile::Cloud, &steps, |_| {}))
    };
    let found: String = [
        ("image: redis:7", "redis-cli -h localhost -p 6379 ping"),
        ("image: team/web:1, command: \"serve --port 8080\"", "curl http://127.0.0.1:8080/x"),
        ("image: redis:7, portBindings: {\"16379\": \"6379\"}", "nc -z localhost 6379"),
    ]
    .map(|(service, command)| asks(service, command))
    .concat();
    assert_snapshot!(found, @r#"
    warning[service-address] `ask` runs on the machine, where `db` has no port
      at `ask`: a step on the machine reaches a service at `localhost:HOST_PORT`, and only if the port is bound (network.host-port)
      help: give `db` `portBindings: {"6379": "6379"}`
    warning[service-address] `ask` runs on the machine, where `db` has no port
      at `ask`: a step on the machine reaches a service at `localhost:HOST_PORT`, and only if the port is bound (network.host-port)
      help: give `db` `portBindings: {"8080": "8080"}`
    warning[service-address] `ask` runs on the machine, where `db` has port 16379, not 6379
      at `ask`: a step on the machine reaches a service at `localhost:HOST_PORT`, and only if the port is bound (network.host-port)
      help: use `localhost:16379`
    "#);
    for (service, command) in [
        ("image: redis:7", "curl http://localhost:3000"),
        ("image: redis:7, portBindings: {\"16379\": \"6379\"}", "nc -z localhost 16379"),
        ("image: redis:7, portBindings: {\"6379\": \"6379\"}", "nc -z localhost 6379"),
    ] {
        assert_eq!(asks(service, command), "", "{service}: {command}");
    }
}
