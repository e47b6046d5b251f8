//! The inputs of BuildAndPushECR, on every infrastructure (the reference's page ecr).

use cirun_diagnostics::Sources;
use cirun_parser::{lower_pipeline, parse_documents};
use cirun_plan::Profile;
use cirun_planner::PushMode;
use insta::assert_snapshot;

use crate::harness::{by_profile_with, difference, explain, plan_document, plan_steps};

pub(crate) const REQUIRED: &str =
    "connectorRef: keys\nregion: us-east-1\naccount: \"123456789012\"\nimageName: shop\ntags: [\"1.2\"]\n";

pub(crate) fn step(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("      {line}\n")).collect();
    format!("- step:\n    type: BuildAndPushECR\n    name: push\n    identifier: push\n    spec:\n{spec}")
}

/// What these inputs add to a step with the required ones; with `--push real`, so that cirun adds nothing.
pub(crate) fn with(spec: &str) -> String {
    difference(&step(REQUIRED), &step(&format!("{REQUIRED}{spec}")), |inputs| inputs.push = PushMode::Real)
}

/// A step with all required inputs but one.
fn without(input: &str) -> String {
    let spec: String =
        REQUIRED.lines().filter(|line| !line.starts_with(input)).map(|line| format!("{line}\n")).collect();
    let planned = plan_steps(Profile::Vm, &step(&spec), |inputs| inputs.push = PushMode::Real);
    crate::harness::diagnostics(&planned)
}

#[test]
fn required_inputs() {
    assert_snapshot!(by_profile_with(&step(REQUIRED), |inputs| inputs.push = PushMode::Real), @"
    == kubernetes
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
      env: PLUGIN_REPO=shop
      env: PLUGIN_REGION=us-east-1
      env: PLUGIN_TAGS=1.2
      env: PLUGIN_SNAPSHOT_MODE=redo
      env: PLUGIN_ACCESS_KEY=AKIAKEY
      env: PLUGIN_SECRET_KEY=***
    == vm, cloud, docker
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
      env: PLUGIN_REPO=shop
      env: PLUGIN_REGION=us-east-1
      env: PLUGIN_TAGS=1.2
      env: PLUGIN_DAEMON_OFF=true
      env: PLUGIN_ACCESS_KEY=AKIAKEY
      env: PLUGIN_SECRET_KEY=***
    ");
}

#[test]
fn connector_ref_required() {
    assert_snapshot!(without("connectorRef"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `connectorRef` on vm
      at `push`: required (ecr.connector)
      help: set `connectorRef`
    ");
}

#[test]
fn account_required() {
    assert_snapshot!(without("account"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `account` on vm
      at `push`: required (ecr.account)
      help: set `account`
    ");
}

#[test]
fn region_required() {
    assert_snapshot!(without("region"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `region` on vm
      at `push`: required (ecr.region)
      help: set `region`
    ");
}

#[test]
fn image_name_required() {
    assert_snapshot!(without("imageName"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `imageName` on vm
      at `push`: required (ecr.image-name)
      help: set `imageName`
    ");
}

#[test]
fn tags_required() {
    assert_snapshot!(without("tags"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `tags` on vm
      at `push`: required (ecr.tags)
      help: set `tags`
    ");
}

#[test]
fn tags() {
    let yaml = step(&REQUIRED.replace("[\"1.2\"]", "[a, b, <+pipeline.sequenceId>]"));
    assert_snapshot!(explain(&plan_steps(Profile::Kubernetes, &yaml, |_| {}), "PLUGIN_TAGS"), @"push: a,b,1 ← rule (ecr.tags) ← pipeline.yaml:23:25");
}

#[test]
fn dockerfile() {
    assert_snapshot!(with("dockerfile: docker/Dockerfile"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_DOCKERFILE=docker/Dockerfile
    ");
}

#[test]
fn context() {
    assert_snapshot!(with("context: docker"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_CONTEXT=docker
    ");
}

#[test]
fn target() {
    assert_snapshot!(with("target: release"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_TARGET=release
    ");
}

#[test]
fn build_args() {
    assert_snapshot!(with("buildArgs: {A: \"1\", B: \"x,y\"}"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_BUILD_ARGS=A=1,B=x,y
    + env: PLUGIN_BUILD_ARGS_NEW=A=1;B=x,y
    + env: PLUGIN_MULTIPLE_BUILD_ARGS=true
    ");
}

#[test]
fn labels() {
    assert_snapshot!(with("labels: {team: shop, stage: <+pipeline.name>}"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_CUSTOM_LABELS=team=shop,stage=p
    ");
}

#[test]
fn optimize_false() {
    assert_snapshot!(with("optimize: false"), @"
    == kubernetes
    - env: PLUGIN_SNAPSHOT_MODE=redo
    == vm, cloud, docker
    + warning[ignored-input] `optimize` has no effect on PROFILE
    + at `false`: only on Kubernetes, where Kaniko takes snapshots (ecr.optimize)
    + help: remove `optimize`, or run the stage where it has an effect
    ");
}

#[test]
fn env_variables_override_derived_ones_but_not_the_connector() {
    assert_snapshot!(with("envVariables: {PLUGIN_TAGS: mine, PLUGIN_ACCESS_KEY: mine}"), @"
    == kubernetes, vm, cloud, docker
    - env: PLUGIN_TAGS=1.2
    + env: PLUGIN_TAGS=mine
    + warning[ignored-input] the connector's value replaces `PLUGIN_ACCESS_KEY`
    + at `PLUGIN_ACCESS_KEY`: the connector's secrets are set last (environment.secrets-last)
    + help: remove it, or name another connector
    ");
}

/// An image's name that begins with the registry: the plugins handle it differently.
#[test]
fn image_name_with_its_registry() {
    let spec = REQUIRED.replace("imageName: shop", "imageName: 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop");
    let pushed = [Profile::Kubernetes, Profile::Vm].map(|profile| {
        let outcome = plan_steps(profile, &step(&spec), |inputs| inputs.push = PushMode::Real);
        let target = &outcome.planned.targets[0];
        format!("{profile}: {} {}\n{}", target.host, target.repository, crate::harness::diagnostics(&outcome))
    });
    assert_snapshot!(pushed.concat(), @"
    kubernetes: 123456789012.dkr.ecr.us-east-1.amazonaws.com 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop
    warning[registry-twice] kaniko-ecr pushes to `123456789012.dkr.ecr.us-east-1.amazonaws.com/123456789012.dkr.ecr.us-east-1.amazonaws.com/shop`
      at `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop`: `account` and `region` name the registry already
      help: write the repository only
    vm: 123456789012.dkr.ecr.us-east-1.amazonaws.com shop
    ");
}

#[test]
fn run_as_user() {
    assert_snapshot!(with("runAsUser: \"1000\""), @r#"
    == kubernetes, cloud
    + user: 1000
    == vm, docker
    + user: 1000
    + note[not-offered-input] the Studio does not offer `runAsUser` on PROFILE
    + at `"1000"`: from YAML it has its effect (ecr.run-as-user)
    "#);
}

#[test]
fn resources() {
    assert_snapshot!(with("resources: {limits: {memory: 2Gi, cpu: \"1\"}}"), @r#"
    == kubernetes
    + limits: 1000000000 nano-CPUs, 2147483648 bytes
    == vm, cloud, docker
    + warning[ignored-input] `resources.limits.memory` has no effect on PROFILE
    + at `2Gi`: only on Kubernetes (ecr.resources)
    + help: remove `resources.limits.memory`, or run the stage where it has an effect
    + warning[ignored-input] `resources.limits.cpu` has no effect on PROFILE
    + at `"1"`: only on Kubernetes (ecr.resources)
    + help: remove `resources.limits.cpu`, or run the stage where it has an effect
    "#);
}

#[test]
fn retry() {
    assert_snapshot!(with("retry: 3"), @"
    == kubernetes, vm, cloud, docker
    + parity[retry-not-done] `push` starts once here, whatever its `retry`
    + at `3`: CI may start the plugin 3 times
    + help: a failure strategy with `Retry` works here as in CI
    ");
}

#[test]
fn timeout() {
    let yaml = step(REQUIRED).replace("    spec:\n", "    timeout: 20m\n    spec:\n");
    assert_snapshot!(difference(&step(REQUIRED), &yaml, |_| {}), @"
    == kubernetes, vm, cloud, docker
    + timeout: 1200s
    ");
}

#[test]
fn identifier_required() {
    let text = crate::harness::document(Profile::Vm, &step(REQUIRED).replace("    identifier: push\n", ""));
    let mut sources = Sources::default();
    let id = sources.add("pipeline.yaml", &text);
    let documents = parse_documents(&sources, id).tree;
    let lowered = lower_pipeline(documents[0].body().expect("a pipeline"));
    let said: Vec<_> = lowered.diagnostics.iter().map(|found| format!("{}: {}", found.code, found.message)).collect();
    assert_snapshot!(said.join("\n"), @"missing-field: `identifier` is missing");
}

#[test]
fn name_required() {
    let planned = plan_steps(Profile::Vm, &step(REQUIRED).replace("    name: push\n", ""), |inputs| {
        inputs.push = PushMode::Real;
    });
    assert_snapshot!(crate::harness::diagnostics(&planned), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `name` on vm
      at `push`: required (ecr.name)
      help: set `name`
    ");
}

/// The rows "K8-only" and "VM-only envs/behaviors": what CI sends on one side only.
#[test]
fn k8_only_and_vm_only_envs() {
    let sent = |profile| {
        let outcome = plan_steps(profile, &step(REQUIRED), |inputs| inputs.push = PushMode::Real);
        ["PLUGIN_SNAPSHOT_MODE", "PLUGIN_ARTIFACT_FILE", "PLUGIN_DAEMON_OFF"]
            .into_iter()
            .map(|variable| explain(&outcome, variable))
            .collect::<String>()
    };
    let all: String = Profile::ALL.into_iter().map(|profile| format!("== {profile}\n{}", sent(profile))).collect();
    assert_snapshot!(all, @"
    == kubernetes
    push: redo ← rule (ecr.optimize) ← default (ecr.optimize)
    push: /tmp/engine/push-artifact ← added by cirun: CI writes /addon/tmp/.plugin/artifact, which is one file for all steps
    == vm
    push: /tmp/engine/push-artifact ← CI service (environment.files)
    push: true ← CI service (ecr.daemon-off)
    == cloud
    push: /tmp/engine/push-artifact ← CI service (environment.files)
    push: true ← CI service (ecr.daemon-off)
    == docker
    push: /tmp/engine/push-artifact ← CI service (environment.files)
    push: true ← CI service (ecr.daemon-off)
    ");
}

/// Every optional field of the table, in each of its five columns, with its diagnostics.
#[test]
fn ui_fields_on_every_infrastructure() {
    let fields = "caching: false\nbaseImageConnectorRefs: [quay]\noptimize: true\ndockerfile: Dockerfile\ncontext: .\nlabels: {a: b}\nbuildArgs: {A: b}\ntarget: final\nremoteCacheImage: cache\nenvVariables: {A: b}\nrunAsUser: \"1000\"\nresources: {limits: {memory: 1Gi, cpu: \"1\"}}\n";
    let step = step(&format!("{REQUIRED}{fields}"));
    let document = crate::harness::document(Profile::Cloud, &step);
    let columns = [
        ("KubernetesDirect", "infrastructure: {type: KubernetesDirect, spec: {connectorRef: k8s, namespace: ci}}"),
        ("KubernetesHosted", "infrastructure: {type: KubernetesHosted, spec: {identifier: hosted}}"),
        ("Cloud", "runtime: {type: Cloud, spec: {}}"),
        ("VM", "infrastructure: {type: VM, spec: {type: Pool, spec: {poolName: pool}}}"),
        ("Docker", "runtime: {type: Docker, spec: {}}"),
    ];
    let all: String = columns
        .into_iter()
        .map(|(column, yaml)| {
            let text = document.replace("runtime: {type: Cloud, spec: {}}", yaml);
            let outcome = plan_document(&text, |inputs| inputs.push = PushMode::Real);
            format!("== {column}\n{}", crate::harness::diagnostics(&outcome))
        })
        .collect();
    assert_snapshot!(all, @r#"
    == KubernetesDirect
    == KubernetesHosted
    note[not-offered-input] the Studio does not offer `runAsUser` on hosted kubernetes
      at `"1000"`: from YAML it has its effect (ecr.run-as-user)
    == Cloud
    warning[ignored-input] `optimize` has no effect on cloud
      at `true`: only on Kubernetes, where Kaniko takes snapshots (ecr.optimize)
      help: remove `optimize`, or run the stage where it has an effect
    warning[ignored-input] `remoteCacheImage` has no effect on cloud
      at `cache`: only on Kubernetes (ecr.remote-cache)
      help: remove `remoteCacheImage`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.memory` has no effect on cloud
      at `1Gi`: only on Kubernetes (ecr.resources)
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on cloud
      at `"1"`: only on Kubernetes (ecr.resources)
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    == VM
    warning[ignored-input] `optimize` has no effect on vm
      at `true`: only on Kubernetes, where Kaniko takes snapshots (ecr.optimize)
      help: remove `optimize`, or run the stage where it has an effect
    warning[ignored-input] `remoteCacheImage` has no effect on vm
      at `cache`: only on Kubernetes (ecr.remote-cache)
      help: remove `remoteCacheImage`, or run the stage where it has an effect
    note[not-offered-input] the Studio does not offer `runAsUser` on vm
      at `"1000"`: from YAML it has its effect (ecr.run-as-user)
    warning[ignored-input] `resources.limits.memory` has no effect on vm
      at `1Gi`: only on Kubernetes (ecr.resources)
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on vm
      at `"1"`: only on Kubernetes (ecr.resources)
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    == Docker
    warning[ignored-input] `optimize` has no effect on docker
      at `true`: only on Kubernetes, where Kaniko takes snapshots (ecr.optimize)
      help: remove `optimize`, or run the stage where it has an effect
    warning[ignored-input] `remoteCacheImage` has no effect on docker
      at `cache`: only on Kubernetes (ecr.remote-cache)
      help: remove `remoteCacheImage`, or run the stage where it has an effect
    note[not-offered-input] the Studio does not offer `runAsUser` on docker
      at `"1000"`: from YAML it has its effect (ecr.run-as-user)
    warning[ignored-input] `resources.limits.memory` has no effect on docker
      at `1Gi`: only on Kubernetes (ecr.resources)
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on docker
      at `"1"`: only on Kubernetes (ecr.resources)
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    "#);
}
