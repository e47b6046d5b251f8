//! Stages: infrastructure, loops, legacy services, values that later stages read.

use cirun_plan::Profile;
use cirun_planner::Setting;
use insta::assert_snapshot;

use crate::harness::{Outcome, diagnostics, explain, plan_document, render};

fn pipeline(stages: &str) -> String {
    let stages: String = stages.lines().map(|line| format!("    {line}\n")).collect();
    format!("pipeline:\n  identifier: p\n  name: p\n  stages:\n{stages}")
}

const RUN: &str = "execution: {steps: [{step: {type: Run, name: go, identifier: go, spec: {command: make}}}]}";

fn profiles(outcome: &Outcome) -> String {
    let stages = outcome.planned.plan.stages.iter();
    let shown: String =
        stages.map(|stage| format!("{}: {} ← {}\n", stage.id, stage.profile.value, stage.profile.origin)).collect();
    shown + &diagnostics(outcome)
}

fn infrastructure(yaml: &str) -> String {
    profiles(&plan_document(&one(yaml), |_| {}))
}

fn one(infrastructure: &str) -> String {
    pipeline(&format!(
        "- stage:\n    identifier: build\n    name: build\n    type: CI\n    spec:\n      {infrastructure}\n      {RUN}"
    ))
}

#[test]
fn variables_of_an_earlier_stage_have_its_values() {
    let stage = |id: &str, more: &str, command: &str| {
        format!(
            "    - stage:\n        identifier: {id}\n        name: {id}\n        type: CI\n{more}        spec:\n          runtime: {{type: Cloud, spec: {{}}}}\n          execution:\n            steps:\n              - step: {{type: Run, name: go, identifier: go, spec: {{image: a, command: c, envVariables: {{X: '{command}'}}}}}}\n"
        )
    };
    let variables = "        strategy: {matrix: {os: [linux, mac]}}\n        variables:\n          - {name: v, type: String, value: \"<+matrix.os>-<+stage.identifier>\"}\n          - {name: plain, type: String, value: w}\n";
    let later = "<+pipeline.stages.one_1.variables.v> <+pipeline.stages.one_0.variables.plain> <+pipeline.nmae>";
    let text = format!(
        "pipeline:\n  identifier: p\n  name: p\n  stages:\n{}{}",
        stage("one", variables, "<+stage.variables.v>"),
        stage("two", "", later)
    );
    let outcome = plan_document(&text, |_| {});
    assert_snapshot!(explain(&outcome, "X") + &diagnostics(&outcome), @"
    go: linux-one_0 ← pipeline.yaml:11:44 ← pipeline.yaml:17:108
    go: mac-one_1 ← pipeline.yaml:11:44 ← pipeline.yaml:17:108
    go: mac-one_1 w null ← pipeline.yaml:12:48 ← pipeline.yaml:11:44 ← pipeline.yaml:26:108
    note[image-without-connector] `Run` step `go` has `image` and no `connectorRef`
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    note[image-without-connector] `Run` step `go` has `image` and no `connectorRef`
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    warning[unresolved-expression] `pipeline.nmae` does not resolve
      at `'<+pipeline.stages.one_1.variables.v> <+pipeline.stages.one_0.variables.plain> <+pipeline.nmae>'`: becomes the text `null`, as in the CI service
      help: did you mean `<+pipeline.name>`?
    ");
}

#[test]
fn variables_of_a_stage_that_is_left_out_have_its_values_too() {
    let stage = |id: &str, more: &str, command: &str| {
        format!(
            "    - stage:\n        identifier: {id}\n        name: {id}\n        type: CI\n{more}        spec:\n          runtime: {{type: Cloud, spec: {{}}}}\n          execution:\n            steps:\n              - step: {{type: Run, name: go, identifier: go, spec: {{command: c, envVariables: {{X: '{command}'}}}}}}\n"
        )
    };
    let variables =
        "        variables:\n          - {name: v, type: String, value: \"<+stage.identifier>-<+unknown.knows>\"}\n";
    let looped = "        strategy: {parallelism: 2}\n";
    let text = format!(
        "pipeline:\n  identifier: p\n  name: p\n  stages:\n{}{}{}",
        stage("one", variables, "a"),
        stage("many", &format!("{looped}{variables}"), "a"),
        stage("two", "", "<+pipeline.stages.one.variables.v> <+pipeline.stages.many_1.variables.v>")
    );
    let outcome = plan_document(&text, |inputs| inputs.selection.stages.push("two".to_owned()));
    assert_snapshot!(explain(&outcome, "X") + &diagnostics(&outcome), @"go: one-null many_1-null ← pipeline.yaml:22:44 ← pipeline.yaml:10:44 ← pipeline.yaml:36:98");
}

#[test]
fn runtime_cloud() {
    assert_snapshot!(infrastructure("runtime: {type: Cloud, spec: {}}"), @"build: cloud ← pipeline.yaml:10:27");
}

#[test]
fn runtime_docker() {
    assert_snapshot!(infrastructure("runtime: {type: Docker, spec: {}}"), @"build: docker ← pipeline.yaml:10:27");
}

/// The form of older documents.
#[test]
fn infrastructure_in_an_old_spelling() {
    assert_snapshot!(infrastructure("infrastructure: {type: Kubernetes-direct, spec: {connectorRef: k8s, namespace: ci}}"), @"
    build: kubernetes ← pipeline.yaml:10:34
    error[missing-required-input] `Run` step `go` needs `image` on kubernetes
      at `go`: required on Kubernetes; elsewhere the step can run on the machine itself (run.image)
      help: set `image`
    error[missing-required-input] `Run` step `go` needs `connectorRef` on kubernetes
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: set `connectorRef` or `registryRef`
    ");
}

#[test]
fn infrastructure_vm() {
    assert_snapshot!(infrastructure("infrastructure: {type: VM, spec: {type: Pool, spec: {poolName: p}}}"), @"build: vm ← pipeline.yaml:10:34");
}

#[test]
fn infrastructure_kubernetes_hosted() {
    assert_snapshot!(infrastructure("infrastructure: {type: KubernetesHosted, spec: {identifier: k8s-hosted-infra}}"), @"
    build: kubernetes ← pipeline.yaml:10:34
    error[missing-required-input] `Run` step `go` needs `image` on hosted kubernetes
      at `go`: required on Kubernetes; elsewhere the step can run on the machine itself (run.image)
      help: set `image`
    error[missing-required-input] `Run` step `go` needs `connectorRef` on hosted kubernetes
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: set `connectorRef` or `registryRef`
    ");
}

#[test]
fn no_infrastructure() {
    assert_snapshot!(infrastructure("cloneCodebase: false"), @"
    error[missing-infrastructure] the stage `build` has neither `runtime` nor `infrastructure`
      at `build`: it has no infrastructure
      help: add one, or choose with `--infra kubernetes|vm|cloud|docker`
    ");
}

#[test]
fn unknown_infrastructure() {
    assert_snapshot!(infrastructure("infrastructure: {type: KubernetsDirect, spec: {}}"), @"
    error[unknown-infrastructure] unknown infrastructure `KubernetsDirect`
      at `KubernetsDirect`: no such infrastructure
      help: did you mean `KubernetesDirect`? `--infra` chooses too
    ");
}

#[test]
fn infra_flag_overrides() {
    let outcome = plan_document(&one("runtime: {type: Docker, spec: {}}"), |inputs| {
        inputs.profile = Some(Setting { value: Profile::Vm, given_by: "--infra".to_owned() });
    });
    assert_snapshot!(profiles(&outcome), @"build: vm ← --infra");
}

#[test]
fn use_from_stage() {
    let text = pipeline(&format!(
        "- stage:\n    identifier: a\n    name: a\n    type: CI\n    spec:\n      runtime: {{type: Cloud, spec: {{}}}}\n      {RUN}\n- stage:\n    identifier: b\n    name: b\n    type: CI\n    spec:\n      infrastructure: {{useFromStage: a}}\n      {RUN}\n- stage:\n    identifier: c\n    name: c\n    type: CI\n    spec:\n      infrastructure: {{useFromStage: nowhere}}\n      {RUN}"
    ));
    assert_snapshot!(profiles(&plan_document(&text, |_| {})), @"
    a: cloud ← pipeline.yaml:10:27
    b: cloud ← pipeline.yaml:10:27
    error[unknown-stage] no CI stage `nowhere` to take the infrastructure from
      at `nowhere`: no other stage of this pipeline has this identifier
      help: name a CI stage of this pipeline, or choose with `--infra`
    ");
}

#[test]
fn looped_stage() {
    let text = pipeline(
        "- stage:\n    identifier: build\n    name: build\n    type: CI\n    strategy: {matrix: {go: [a, b]}}\n    spec:\n      runtime: {type: Cloud, spec: {}}\n      execution: {steps: [{step: {type: Run, name: go, identifier: go, spec: {command: \"use <+matrix.go> <+stage.matrix.go>\"}}}]}",
    );
    let outcome = plan_document(&text, |_| {});
    assert_snapshot!(profiles(&outcome) + &render(&outcome), @"
    build_0: cloud ← pipeline.yaml:11:27
    build_1: cloud ← pipeline.yaml:11:27
    go Run
      host: sh | -c | set -e; use a a
    go Run
      host: sh | -c | set -e; use b b
    ");
}

#[test]
fn legacy_service_dependencies() {
    let text = pipeline(&format!(
        "- stage:\n    identifier: build\n    name: build\n    type: CI\n    spec:\n      runtime: {{type: Cloud, spec: {{}}}}\n      serviceDependencies:\n        - identifier: dind\n          name: dind\n          type: Service\n          spec: {{image: \"docker:dind\", privileged: true, entrypoint: [dockerd], args: [--mtu=1450]}}\n      {RUN}"
    ));
    assert_snapshot!(render(&plan_document(&text, |_| {})), @"
    service dind Background
      image: docker:dind
      entrypoint: dockerd
      command: --mtu=1450
      aliases: dind
      privileged: pipeline.yaml:15:56
    go Run
      host: sh | -c | set -e; make
    ");
}

/// Without an entrypoint of its own, the image's is started with the arguments, as Docker does with a `CMD`.
#[test]
fn arguments_of_legacy_services() {
    let text = pipeline(&format!(
        "- stage:\n    identifier: build\n    name: build\n    type: CI\n    spec:\n      runtime: {{type: Cloud, spec: {{}}}}\n      serviceDependencies:\n        - identifier: db\n          name: db\n          type: Service\n          spec: {{image: \"redis:7\", args: [--port, \"7000\"]}}\n      {RUN}"
    ));
    assert_snapshot!(render(&plan_document(&text, |_| {})), @"
    service db Background
      image: redis:7
      command: --port | 7000
      aliases: db
    go Run
      host: sh | -c | set -e; make
    ");
}

#[test]
fn outputs_and_images_go_to_later_stages() {
    let text = pipeline(
        "- stage:\n    identifier: a\n    name: a\n    type: CI\n    variables: [{name: V, type: String, value: one}]\n    spec:\n      runtime: {type: Cloud, spec: {}}\n      execution: {steps: [{step: {type: BuildAndPushDockerRegistry, name: push, identifier: push, spec: {connectorRef: hub, repo: quay.io/t/app, tags: [x]}}}]}\n- stage:\n    identifier: b\n    name: b\n    type: CI\n    spec:\n      runtime: {type: Cloud, spec: {}}\n      execution: {steps: [{step: {type: Run, name: go, identifier: go, spec: {image: \"quay.io/t/app:x\", command: \"<+pipeline.stages.a.variables.V> <+pipeline.stages.a.spec.execution.steps.push.output.outputVariables.digest>\"}}}]}",
    ) + "---\nconnector: {identifier: hub, name: hub, type: DockerRegistry, spec: {dockerRegistryUrl: \"https://index.docker.io/v2/\", providerType: DockerHub, auth: {type: Anonymous}}}\n";
    assert_snapshot!(render(&plan_document(&text, |inputs| inputs.push = cirun_planner::PushMode::Real)), @"
    push BuildAndPushDockerRegistry
      image: plugins/docker:21.1.1
      env: V=one
      env: PLUGIN_REPO=quay.io/t/app
      env: PLUGIN_TAGS=x
      env: PLUGIN_DAEMON_OFF=true
      env: PLUGIN_REGISTRY=https://index.docker.io/v1/
    go Run
      image: quay.io/t/app:x
      entrypoint: sh | -c
      command: set -e; <+pipeline.stages.a.variables.V> <+pipeline.stages.a.spec.execution.steps.push.output.outputVariables.digest>
      image from run: yes
    note[image-without-connector] `Run` step `go` has `image` and no `connectorRef`
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    ");
}

#[test]
fn shared_paths() {
    let text = pipeline(&format!(
        "- stage:\n    identifier: build\n    name: build\n    type: CI\n    spec:\n      runtime: {{type: Cloud, spec: {{}}}}\n      sharedPaths: [/var/run, \"\", /harness]\n      {RUN}"
    ));
    let outcome = plan_document(&text, |_| {});
    let paths: Vec<&str> =
        outcome.planned.plan.stages[0].shared_paths.iter().map(|mount| mount.value.path.as_str()).collect();
    assert_snapshot!(format!("{}\n{}", paths.join(" "), diagnostics(&outcome)), @r#"
    /var/run
    error[reserved-path] `/harness` cannot be a shared path
      at `[/var/run, "", /harness]`: a reserved path (infra.reserved-paths)
      help: the workspace is shared anyway: remove it from `sharedPaths`
    "#);
}

#[test]
fn stages_of_other_types_are_left_out() {
    let text = pipeline(
        "- stage:\n    identifier: deploy\n    name: deploy\n    type: Deployment\n    spec: {execution: {steps: []}}",
    );
    assert_snapshot!(profiles(&plan_document(&text, |_| {})), @"
    parity[stage-not-run] the stage `deploy` is left out
      at `Deployment`: a `Deployment` stage is not run locally
    ");
}

fn on_platform(infrastructure: &str) -> String {
    let outcome = plan_document(&one(infrastructure), |_| {});
    let stage = &outcome.planned.plan.stages[0];
    let env: Vec<String> = stage
        .steps()
        .iter()
        .filter_map(|step| match &step.action {
            cirun_plan::Action::Host(host) => Some(&host.env),
            cirun_plan::Action::Container(container) => Some(&container.env),
            cirun_plan::Action::Wait(_) | cirun_plan::Action::Skip(_) => None,
        })
        .flat_map(|env| {
            ["DRONE_STAGE_OS", "HARNESS_WORKSPACE"].map(|name| env.get(name).map(|var| var.value.value.shown()))
        })
        .flatten()
        .collect();
    format!("{}, {:?}, {env:?}\n{}", stage.workspace, stage.not_here, diagnostics(&outcome))
}

#[test]
fn windows_is_planned_and_not_run() {
    assert_snapshot!(on_platform("platform: {os: Windows, arch: Amd64}\n      runtime: {type: Cloud, spec: {}}"), @r#"
    C:\harness, Some("it is for Windows, and steps run in Linux containers"), ["windows", "C:\\harness"]
    warning[platform-not-here] the stage `build` is not run: it is for Windows, and steps run in Linux containers
      at `build`: its steps are planned, and shown as skipped
      help: run it in CI, or on a machine of that platform
    "#);
}

#[test]
fn a_windows_pool() {
    assert_snapshot!(on_platform("infrastructure: {type: VM, spec: {type: Pool, spec: {poolName: p, os: Windows}}}"), @r#"
    C:\harness, Some("it is for Windows, and steps run in Linux containers"), ["windows", "C:\\harness"]
    warning[platform-not-here] the stage `build` is not run: it is for Windows, and steps run in Linux containers
      at `build`: its steps are planned, and shown as skipped
      help: run it in CI, or on a machine of that platform
    "#);
}

#[test]
fn a_mac_runs_its_own_processes() {
    let mac = one("platform: {os: MacOS, arch: Arm64}\n      runtime: {type: Cloud, spec: {}}");
    let on = |os: &str| {
        let outcome = plan_document(&mac, |inputs| {
            inputs.run.os = os.to_owned();
            inputs.run.arch = "arm64".to_owned();
        });
        outcome.planned.plan.stages[0].not_here.clone()
    };
    assert_eq!(on("darwin"), None);
    assert!(on("linux").is_some());
}

#[test]
fn another_processor() {
    assert_snapshot!(on_platform("platform: {os: Linux, arch: Arm64}\n      runtime: {type: Cloud, spec: {}}"), @r#"
    /harness, None, ["linux", "/harness"]
    parity[other-processor] the stage `build` is for arm64, but its images run as amd64
      at `Arm64`: CI has machines with this processor
      help: `--platform linux/arm64` runs images for that processor, if the engine emulates it
    "#);
}

#[test]
fn unknown_platforms() {
    assert_snapshot!(on_platform("platform: {os: Linus, arch: x86_64}\n      runtime: {type: Cloud, spec: {}}"), @r#"
    /harness, None, ["linux", "/harness"]
    error[unknown-platform] unknown operating system `Linus`
      at `Linus`: no such platform (infra.platform)
      help: did you mean `Linux`?
    error[unknown-platform] unknown processor `x86_64`
      at `x86_64`: no such platform (infra.platform)
      help: write one of Amd64, Arm64
    "#);
}
