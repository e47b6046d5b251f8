//! Seed 002: "Step Inputs → Plugin Env Vars", "UI Field / Input" and the Applicability Matrix of BuildAndPushECR.

use cirun_parser::{Sources, lower_pipeline, parse_documents};
use cirun_plan::Profile;
use cirun_planner::{AwsMode, PushMode};
use insta::assert_snapshot;

use crate::harness::{by_profile, by_profile_with, difference, explain, plan_document, plan_steps};

const REQUIRED: &str =
    "connectorRef: keys\nregion: us-east-1\naccount: \"123456789012\"\nimageName: shop\ntags: [\"1.2\"]\n";

fn step(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("      {line}\n")).collect();
    format!("- step:\n    type: BuildAndPushECR\n    name: push\n    identifier: push\n    spec:\n{spec}")
}

/// What these inputs add to a step with the required ones; `--push real`, so that nothing is added for a laptop.
fn with(spec: &str) -> String {
    difference(&step(REQUIRED), &step(&format!("{REQUIRED}{spec}")), |inputs| inputs.push = PushMode::Real)
}

/// A step with the required inputs but for one.
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
      at `push`: seed 002, UI Field `spec.connectorRef`: required
      help: set `connectorRef`
    ");
}

#[test]
fn account_required() {
    assert_snapshot!(without("account"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `account` on vm
      at `push`: seed 002, UI Field `spec.account`: required
      help: set `account`
    ");
}

#[test]
fn region_required() {
    assert_snapshot!(without("region"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `region` on vm
      at `push`: seed 002, UI Field `spec.region`: required
      help: set `region`
    ");
}

#[test]
fn image_name_required() {
    assert_snapshot!(without("imageName"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `imageName` on vm
      at `push`: seed 002, UI Field `spec.imageName`: required
      help: set `imageName`
    ");
}

#[test]
fn tags_required() {
    assert_snapshot!(without("tags"), @"
    error[missing-required-input] `BuildAndPushECR` step `push` needs `tags` on vm
      at `push`: seed 002, UI Field `spec.tags`: required
      help: set `tags`
    ");
}

#[test]
fn tags() {
    let yaml = step(&REQUIRED.replace("[\"1.2\"]", "[a, b, <+pipeline.sequenceId>]"));
    assert_snapshot!(explain(&plan_steps(Profile::Kubernetes, &yaml, |_| {}), "PLUGIN_TAGS"), @"push: a,b,1 ← rule (seed 002, tags → PLUGIN_TAGS) ← pipeline.yaml:23:25");
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
    + at `false`: seed 002, UI Field `spec.optimize`: Kaniko snapshots, KubernetesDirect and KubernetesHosted
    + help: remove `optimize`, or run the stage where it has an effect
    ");
}

#[test]
fn caching() {
    assert_snapshot!(with("caching: true"), @"
    == kubernetes
    - image: plugins/kaniko-ecr:1.13.3
    - env: PLUGIN_SNAPSHOT_MODE=redo
    + image: plugins/buildx-ecr:1.4.2
    + privileged: added by cirun: buildx starts its own daemon where there is no socket (plugins-measured.md)
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    == vm, cloud, docker
    - image: plugins/ecr:21.1.1
    + image: plugins/buildx-ecr:1.4.2
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    ");
}

#[test]
fn cache_from() {
    assert_snapshot!(with("cacheFrom: [type=local, type=gha]"), @"
    == kubernetes
    + warning[ignored-input] `cacheFrom` has no effect with `plugins/kaniko-ecr:1.13.3`
    + at `[type=local, type=gha]`: seed 002, cacheFrom → PLUGIN_CACHE_FROM; harness-runtime.md 2.7: joined with `;`
    + help: set `caching: true` to build with buildx, which reads it, or remove it
    == vm, cloud, docker
    + env: PLUGIN_CACHE_FROM=type=local;type=gha
    ");
}

#[test]
fn cache_from_with_caching() {
    assert_snapshot!(with("caching: true\ncacheFrom: [type=local, type=gha]"), @"
    == kubernetes
    - image: plugins/kaniko-ecr:1.13.3
    - env: PLUGIN_SNAPSHOT_MODE=redo
    + image: plugins/buildx-ecr:1.4.2
    + privileged: added by cirun: buildx starts its own daemon where there is no socket (plugins-measured.md)
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_CACHE_FROM=type=local;type=gha
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    == vm, cloud, docker
    - image: plugins/ecr:21.1.1
    + image: plugins/buildx-ecr:1.4.2
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_CACHE_FROM=type=local;type=gha
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    ");
}

#[test]
fn cache_to() {
    assert_snapshot!(with("cacheTo: type=inline"), @"
    == kubernetes
    + warning[ignored-input] `cacheTo` has no effect with `plugins/kaniko-ecr:1.13.3`
    + at `type=inline`: seed 002, cacheTo → PLUGIN_CACHE_TO
    + help: set `caching: true` to build with buildx, which reads it, or remove it
    == vm, cloud, docker
    + warning[ignored-input] `cacheTo` has no effect with `plugins/ecr:21.1.1`
    + at `type=inline`: seed 002, cacheTo → PLUGIN_CACHE_TO
    + help: set `caching: true` to build with buildx, which reads it, or remove it
    ");
}

#[test]
fn cache_to_with_caching() {
    assert_snapshot!(with("caching: true\ncacheTo: type=inline"), @"
    == kubernetes
    - image: plugins/kaniko-ecr:1.13.3
    - env: PLUGIN_SNAPSHOT_MODE=redo
    + image: plugins/buildx-ecr:1.4.2
    + privileged: added by cirun: buildx starts its own daemon where there is no socket (plugins-measured.md)
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_CACHE_TO=type=inline
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    == vm, cloud, docker
    - image: plugins/ecr:21.1.1
    + image: plugins/buildx-ecr:1.4.2
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_CACHE_TO=type=inline
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    ");
}

#[test]
fn remote_cache_image() {
    assert_snapshot!(with("remoteCacheImage: shop/cache"), @"
    == kubernetes
    + env: PLUGIN_ENABLE_CACHE=true
    + env: PLUGIN_CACHE_REPO=shop/cache
    == vm, cloud, docker
    + warning[ignored-input] `remoteCacheImage` has no effect on PROFILE
    + at `shop/cache`: seed 002, UI Field `spec.remoteCacheImage`: KubernetesDirect and KubernetesHosted
    + help: remove `remoteCacheImage`, or run the stage where it has an effect
    ");
}

#[test]
fn remote_cache_image_with_caching() {
    assert_snapshot!(with("caching: true\nremoteCacheImage: shop/cache\ncacheFrom: [type=local]"), @"
    == kubernetes
    - image: plugins/kaniko-ecr:1.13.3
    - env: PLUGIN_SNAPSHOT_MODE=redo
    + image: plugins/buildx-ecr:1.4.2
    + privileged: added by cirun: buildx starts its own daemon where there is no socket (plugins-measured.md)
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_CACHE_FROM=type=local;shop/cache
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    == vm, cloud, docker
    - image: plugins/ecr:21.1.1
    + image: plugins/buildx-ecr:1.4.2
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_CACHE_FROM=type=local
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    + warning[ignored-input] `remoteCacheImage` has no effect on PROFILE
    + at `shop/cache`: seed 002, UI Field `spec.remoteCacheImage`: KubernetesDirect and KubernetesHosted
    + help: remove `remoteCacheImage`, or run the stage where it has an effect
    ");
}

#[test]
fn base_image_connector_refs() {
    assert_snapshot!(with("baseImageConnectorRefs: [quay, hub]"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_BASE_IMAGE_REGISTRY=https://quay.io
    + env: PLUGIN_BASE_IMAGE_USERNAME=robot
    + env: PLUGIN_BASE_IMAGE_PASSWORD=***
    + warning[ignored-input] only the first base image connector is used
    + at `hub`: facts/steps, BuildAndPushDockerRegistry, Known Gaps
    + help: keep one connector in `baseImageConnectorRefs`
    ");
}

#[test]
fn env_docker_secrets() {
    assert_snapshot!(with("envDockerSecrets: {token: TOKEN}"), @"
    == kubernetes
    + warning[ignored-input] `envDockerSecrets` has no effect with `plugins/kaniko-ecr:1.13.3`
    + at `{token: TOKEN}`: seed 002, envDockerSecrets → PLUGIN_SECRETS_FROM_ENV
    + help: set `caching: true` to build with buildx, which reads it, or remove it
    == vm, cloud, docker
    + env: PLUGIN_SECRETS_FROM_ENV=token=TOKEN
    ");
}

#[test]
fn env_docker_secrets_with_caching() {
    assert_snapshot!(with("caching: true\nenvDockerSecrets: {token: TOKEN}\nfileDockerSecrets: {key: key.pem}"), @"
    == kubernetes
    - image: plugins/kaniko-ecr:1.13.3
    - env: PLUGIN_SNAPSHOT_MODE=redo
    + image: plugins/buildx-ecr:1.4.2
    + privileged: added by cirun: buildx starts its own daemon where there is no socket (plugins-measured.md)
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_SECRETS_FROM_ENV=token=TOKEN
    + env: PLUGIN_SECRETS_FROM_FILE=key=key.pem
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    == vm, cloud, docker
    - image: plugins/ecr:21.1.1
    + image: plugins/buildx-ecr:1.4.2
    + env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
    + env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    + env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
    + env: PLUGIN_SECRETS_FROM_ENV=token=TOKEN
    + env: PLUGIN_SECRETS_FROM_FILE=key=key.pem
    + env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
    ");
}

#[test]
fn file_docker_secrets() {
    assert_snapshot!(with("fileDockerSecrets: {key: key.pem}"), @"
    == kubernetes
    + warning[ignored-input] `fileDockerSecrets` has no effect with `plugins/kaniko-ecr:1.13.3`
    + at `{key: key.pem}`: seed 002, fileDockerSecrets → PLUGIN_SECRETS_FROM_FILE
    + help: set `caching: true` to build with buildx, which reads it, or remove it
    == vm, cloud, docker
    + env: PLUGIN_SECRETS_FROM_FILE=key=key.pem
    ");
}

#[test]
fn env_variables_override_derived_ones_but_not_the_connector() {
    assert_snapshot!(with("envVariables: {PLUGIN_TAGS: mine, PLUGIN_ACCESS_KEY: mine}"), @"
    == kubernetes, vm, cloud, docker
    - env: PLUGIN_TAGS=1.2
    + env: PLUGIN_TAGS=mine
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
    + at `"1000"`: seed 002, UI Field `spec.runAsUser`; `runAsUser`: a container setting on the VM path too
    "#);
}

#[test]
fn resources() {
    assert_snapshot!(with("resources: {limits: {memory: 2Gi, cpu: \"1\"}}"), @r#"
    == kubernetes
    + limits: 1000000000 nano-CPUs, 2147483648 bytes
    == vm, cloud, docker
    + warning[ignored-input] `resources.limits.memory` has no effect on PROFILE
    + at `2Gi`: seed 002, UI Field `spec.limitMemory`: KubernetesDirect and KubernetesHosted
    + help: remove `resources.limits.memory`, or run the stage where it has an effect
    + warning[ignored-input] `resources.limits.cpu` has no effect on PROFILE
    + at `"1"`: seed 002, UI Field `spec.limitCPU`: KubernetesDirect and KubernetesHosted
    + help: remove `resources.limits.cpu`, or run the stage where it has an effect
    "#);
}

#[test]
fn retry() {
    assert_snapshot!(with("retry: 3"), @"== kubernetes, vm, cloud, docker");
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
fn daemon_off_on_vm_is_undone_where_pushes_stay_local() {
    assert_snapshot!(by_profile(&step(REQUIRED)), @"
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
      privileged: added by cirun: a push through the machine's daemon would leave the machine
      env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
      env: PLUGIN_REPO=shop
      env: PLUGIN_REGION=us-east-1
      env: PLUGIN_TAGS=1.2
      env: PLUGIN_DAEMON_OFF=false
      env: PLUGIN_ACCESS_KEY=AKIAKEY
      env: PLUGIN_SECRET_KEY=***
    parity[own-daemon] `push` starts a daemon of its own: CI uses the machine's
      at `push`: pushes through the machine's daemon do not stay here
    ");
}

#[test]
fn push_none() {
    assert_snapshot!(by_profile_with(&step(REQUIRED), |inputs| inputs.push = PushMode::None), @"
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
      env: PLUGIN_NO_PUSH=true
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
      env: PLUGIN_DRY_RUN=true
    ");
}

#[test]
fn create_repository() {
    let planned = plan_steps(Profile::Kubernetes, &step(REQUIRED), |inputs| inputs.aws.create_repository = true);
    assert_snapshot!(explain(&planned, "PLUGIN_CREATE_REPOSITORY"), @"push: true ← --create-repository");
}

#[test]
fn plugin_image_is_overridable() {
    for name in ["plugins/kaniko-ecr", "kaniko-ecr"] {
        let planned = plan_steps(Profile::Kubernetes, &step(REQUIRED), |inputs| {
            inputs.plugin_images.insert(name.to_owned(), "cirun-test/plugin:latest".to_owned());
        });
        let stage = &planned.planned.plan.stages[0];
        let cirun_plan::Action::Container(container) = &stage.steps()[0].action else { panic!("a container") };
        assert_eq!(container.image.value.shown(), "cirun-test/plugin:latest");
        assert_eq!(container.pull.value, cirun_plan::PullPolicy::IfNotPresent);
        let origin = format!("--plugin-image {name} ← default (seed 002, Plugin used: K8)");
        assert_eq!(container.image.origin.to_string(), origin);
    }
}

#[test]
fn front_hosts() {
    let yaml = step(&REQUIRED.replace("us-east-1", "eu-west-1"));
    let planned = plan_steps(Profile::Kubernetes, &yaml, |inputs| inputs.aws.mode = AwsMode::Emulated);
    assert_snapshot!(planned.planned.front_hosts.join("\n"), @"
    sts.amazonaws.com
    sts.eu-west-1.amazonaws.com
    api.ecr.eu-west-1.amazonaws.com
    123456789012.dkr.ecr.eu-west-1.amazonaws.com
    ");
}

#[test]
fn target_follows_the_users_own_variables() {
    let targets = |spec: &str| {
        let step = step(&format!("{REQUIRED}{spec}"));
        let planned = plan_steps(Profile::Kubernetes, &step, |inputs| inputs.aws.mode = AwsMode::Emulated).planned;
        format!("{:?} {:?}", planned.targets, planned.front_hosts)
    };
    assert_snapshot!(targets(""), @r#"[RegistryTarget { step: "push", host: "123456789012.dkr.ecr.us-east-1.amazonaws.com", repository: "shop", ecr: Some(EcrRegistry { account: "123456789012", region: "us-east-1" }), login: None, anonymous: false }] ["sts.amazonaws.com", "sts.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com", "123456789012.dkr.ecr.us-east-1.amazonaws.com"]"#);
    assert_snapshot!(targets("envVariables: {PLUGIN_REGISTRY: 210987654321.dkr.ecr.eu-west-1.amazonaws.com}"), @r#"[RegistryTarget { step: "push", host: "210987654321.dkr.ecr.eu-west-1.amazonaws.com", repository: "shop", ecr: Some(EcrRegistry { account: "210987654321", region: "eu-west-1" }), login: None, anonymous: false }] ["sts.amazonaws.com", "sts.eu-west-1.amazonaws.com", "api.ecr.eu-west-1.amazonaws.com", "210987654321.dkr.ecr.eu-west-1.amazonaws.com"]"#);
    assert_snapshot!(targets("envVariables: {PLUGIN_REGISTRY: registry.example.com, PLUGIN_REPO: mine}"), @r#"[RegistryTarget { step: "push", host: "registry.example.com", repository: "mine", ecr: None, login: None, anonymous: false }] ["registry.example.com"]"#);
}

#[test]
fn trust_bundle_of_the_emulator() {
    let planned = plan_steps(Profile::Kubernetes, &step(REQUIRED), |inputs| {
        inputs.trust_bundle = Some("/tmp/engine/ca.pem".to_owned());
    });
    assert_snapshot!(explain(&planned, "SSL_CERT_FILE"), @"push: /tmp/engine/ca.pem ← added by cirun: the emulator's certificates are signed by this machine's CA");
}

#[test]
fn origins_of_variables() {
    let planned = plan_steps(Profile::Vm, &step(&format!("{REQUIRED}dockerfile: D\n")), |_| {});
    let story: String = [
        "PLUGIN_REGISTRY",
        "PLUGIN_REGION",
        "PLUGIN_DOCKERFILE",
        "PLUGIN_ACCESS_KEY",
        "PLUGIN_SECRET_KEY",
        "PLUGIN_DAEMON_OFF",
        "DRONE_OUTPUT",
    ]
    .iter()
    .map(|name| format!("{name} {}", explain(&planned, name)))
    .collect();
    assert_snapshot!(story, @"
    PLUGIN_REGISTRY push: 123456789012.dkr.ecr.us-east-1.amazonaws.com ← rule (seed 002, account, region → PLUGIN_REGISTRY) ← pipeline.yaml:21:28
    PLUGIN_REGION push: us-east-1 ← rule (seed 002, region → PLUGIN_REGION) ← pipeline.yaml:20:27
    PLUGIN_DOCKERFILE push: D ← rule (seed 002, dockerfile → PLUGIN_DOCKERFILE) ← pipeline.yaml:24:31
    PLUGIN_ACCESS_KEY push: AKIAKEY ← rule (seed 002, Auth Flow Matrix: Access Key + Secret Key) ← connector keys, credential.spec.accessKey (pipeline.yaml:154:56) ← pipeline.yaml:19:33
    PLUGIN_SECRET_KEY push: *** ← rule (seed 002, Auth Flow Matrix: Access Key + Secret Key) ← secret aws_secret (test) ← connector keys, credential.spec.secretKeyRef (pipeline.yaml:154:79) ← pipeline.yaml:19:33
    PLUGIN_DAEMON_OFF push: false ← added by cirun: a push through the machine's daemon would leave the machine
    DRONE_OUTPUT push: /tmp/engine/push-output.env ← CI service (harness-runtime.md 2.6)
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
      at `push`: seed 002, UI Field `name`: required
      help: set `name`
    ");
}

/// The rows "K8-only" and "VM-only envs/behaviors": what the step sends on one side only.
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
    push: redo ← rule (seed 002, optimize → PLUGIN_SNAPSHOT_MODE=redo on K8, true by default) ← default (seed 002, optimize: defaults true)
    push: /tmp/engine/push-artifact ← added by cirun: CI writes /addon/tmp/.plugin/artifact, which is one file for all steps
    == vm
    push: /tmp/engine/push-artifact ← CI service (harness-runtime.md 2.6)
    push: true ← CI service (seed 002, Applicability Matrix: daemon off on VM (PluginSettingUtils.java:1315))
    == cloud
    push: /tmp/engine/push-artifact ← CI service (harness-runtime.md 2.6)
    push: true ← CI service (seed 002, Applicability Matrix: daemon off on VM (PluginSettingUtils.java:1315))
    == docker
    push: /tmp/engine/push-artifact ← CI service (harness-runtime.md 2.6)
    push: true ← CI service (seed 002, Applicability Matrix: daemon off on VM (PluginSettingUtils.java:1315))
    ");
}

/// Every optional field of the "UI Field / Input" table, in each of its five columns: what is said about it.
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
    note[not-offered-input] the Studio does not offer `runAsUser` on kubernetes
      at `"1000"`: seed 002, UI Field `spec.runAsUser`; `runAsUser`: a container setting on the VM path too
    == Cloud
    warning[ignored-input] `optimize` has no effect on cloud
      at `true`: seed 002, UI Field `spec.optimize`: Kaniko snapshots, KubernetesDirect and KubernetesHosted
      help: remove `optimize`, or run the stage where it has an effect
    warning[ignored-input] `remoteCacheImage` has no effect on cloud
      at `cache`: seed 002, UI Field `spec.remoteCacheImage`: KubernetesDirect and KubernetesHosted
      help: remove `remoteCacheImage`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.memory` has no effect on cloud
      at `1Gi`: seed 002, UI Field `spec.limitMemory`: KubernetesDirect and KubernetesHosted
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on cloud
      at `"1"`: seed 002, UI Field `spec.limitCPU`: KubernetesDirect and KubernetesHosted
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    == VM
    warning[ignored-input] `optimize` has no effect on vm
      at `true`: seed 002, UI Field `spec.optimize`: Kaniko snapshots, KubernetesDirect and KubernetesHosted
      help: remove `optimize`, or run the stage where it has an effect
    warning[ignored-input] `remoteCacheImage` has no effect on vm
      at `cache`: seed 002, UI Field `spec.remoteCacheImage`: KubernetesDirect and KubernetesHosted
      help: remove `remoteCacheImage`, or run the stage where it has an effect
    note[not-offered-input] the Studio does not offer `runAsUser` on vm
      at `"1000"`: seed 002, UI Field `spec.runAsUser`; `runAsUser`: a container setting on the VM path too
    warning[ignored-input] `resources.limits.memory` has no effect on vm
      at `1Gi`: seed 002, UI Field `spec.limitMemory`: KubernetesDirect and KubernetesHosted
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on vm
      at `"1"`: seed 002, UI Field `spec.limitCPU`: KubernetesDirect and KubernetesHosted
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    == Docker
    warning[ignored-input] `optimize` has no effect on docker
      at `true`: seed 002, UI Field `spec.optimize`: Kaniko snapshots, KubernetesDirect and KubernetesHosted
      help: remove `optimize`, or run the stage where it has an effect
    warning[ignored-input] `remoteCacheImage` has no effect on docker
      at `cache`: seed 002, UI Field `spec.remoteCacheImage`: KubernetesDirect and KubernetesHosted
      help: remove `remoteCacheImage`, or run the stage where it has an effect
    note[not-offered-input] the Studio does not offer `runAsUser` on docker
      at `"1000"`: seed 002, UI Field `spec.runAsUser`; `runAsUser`: a container setting on the VM path too
    warning[ignored-input] `resources.limits.memory` has no effect on docker
      at `1Gi`: seed 002, UI Field `spec.limitMemory`: KubernetesDirect and KubernetesHosted
      help: remove `resources.limits.memory`, or run the stage where it has an effect
    warning[ignored-input] `resources.limits.cpu` has no effect on docker
      at `"1"`: seed 002, UI Field `spec.limitCPU`: KubernetesDirect and KubernetesHosted
      help: remove `resources.limits.cpu`, or run the stage where it has an effect
    "#);
}
