//! Stages: infrastructure, loops, legacy services, what goes from one stage to the next.

use cirun_plan::Profile;
use cirun_planner::Setting;
use insta::assert_snapshot;

use crate::harness::{Outcome, diagnostics, plan_document, render};

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
fn runtime_cloud() {
    assert_snapshot!(infrastructure("runtime: {type: Cloud, spec: {}}"), @"build: cloud ← pipeline.yaml:10:27");
}

#[test]
fn runtime_docker() {
    assert_snapshot!(infrastructure("runtime: {type: Docker, spec: {}}"), @"
    build: docker ← pipeline.yaml:10:27
    error[missing-required-input] `Run` step `go` needs `image` on docker
      at `go`: Run, Phase 4 `image`: required for K8; containerless on VM and hosted only
      help: set `image`
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
    error[missing-required-input] `Run` step `go` needs `image` on kubernetes
      at `go`: Run, Phase 4 `image`: required for K8; containerless on VM and hosted only
      help: set `image`
    error[missing-required-input] `Run` step `go` needs `connectorRef` on kubernetes
      at `go`: Run, Applicability Matrix `connectorRef` or `registryRef`: K8 yes; VM only if image provided
      help: set `connectorRef` or `registryRef`
    ");
}

#[test]
fn no_infrastructure() {
    assert_snapshot!(infrastructure("cloneCodebase: false"), @"
    error[missing-infrastructure] the stage `build` has neither `runtime` nor `infrastructure`
      at `build`: where would CI run it?
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
      entrypoint: dockerd | --mtu=1450
      aliases: dind
      privileged: pipeline.yaml:15:56
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
      at `go`: Run, Applicability Matrix `connectorRef` or `registryRef`: K8 yes; VM only if image provided
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
      at `[/var/run, "", /harness]`: harness-runtime.md 1.2: a reserved keyword
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
