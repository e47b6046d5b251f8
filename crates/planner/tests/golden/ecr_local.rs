//! BuildAndPushECR with pushes that stay on this machine, and the origins of its values.

use cirun_plan::Profile;
use cirun_planner::{AwsMode, MachineDaemon, PushMode};
use insta::assert_snapshot;

use crate::{
    ecr::{REQUIRED, step},
    harness::{by_profile, by_profile_with, explain, plan_steps},
};

#[test]
fn daemon_off_on_vm() {
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
fn daemon_off_is_undone_where_the_machines_daemon_would_push_elsewhere() {
    let unusable = MachineDaemon::Unusable("the socket is far away");
    let plan = |text: &str| by_profile_with(text, |inputs| inputs.daemon = unusable);
    assert_snapshot!(plan(&step(REQUIRED)), @"
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
      privileged: added by cirun: the socket is far away
      env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
      env: PLUGIN_REPO=shop
      env: PLUGIN_REGION=us-east-1
      env: PLUGIN_TAGS=1.2
      env: PLUGIN_DAEMON_OFF=false
      env: PLUGIN_ACCESS_KEY=AKIAKEY
      env: PLUGIN_SECRET_KEY=***
    parity[own-daemon] `push` starts a daemon of its own: CI uses the machine's
      at `push`: the socket is far away
    ");
    assert_snapshot!(by_profile(&step(&format!("{REQUIRED}caching: true\n"))), @"
    == kubernetes
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      privileged: added by cirun: buildx starts its own daemon if there is no socket (ecr.own-daemon)
      env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
      env: PLUGIN_REPO=shop
      env: PLUGIN_REGION=us-east-1
      env: PLUGIN_TAGS=1.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
      env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
      env: PLUGIN_ACCESS_KEY=AKIAKEY
      env: PLUGIN_SECRET_KEY=***
    == vm, cloud, docker
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      privileged: added by cirun: BuildKit pushes from its own container, past the proxy of the machine's socket
      env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
      env: PLUGIN_REPO=shop
      env: PLUGIN_REGION=us-east-1
      env: PLUGIN_TAGS=1.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_CACHE_METRICS_FILE=/tmp/engine/push-cache-metrics.json
      env: PLUGIN_DAEMON_OFF=false
      env: PLUGIN_METADATA_FILE=/tmp/engine/push-metadata.json
      env: PLUGIN_ACCESS_KEY=AKIAKEY
      env: PLUGIN_SECRET_KEY=***
    parity[own-daemon] `push` starts a daemon of its own: CI uses the machine's
      at `push`: BuildKit pushes from its own container, past the proxy of the machine's socket
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
        let origin = format!("--plugin-image {name} ← default (ecr.plugins)");
        assert_eq!(container.image.origin.to_string(), origin);
    }
}

#[test]
fn gateway_hosts() {
    let yaml = step(&REQUIRED.replace("us-east-1", "eu-west-1"));
    let planned = plan_steps(Profile::Kubernetes, &yaml, |inputs| inputs.aws.mode = AwsMode::Emulated);
    assert_snapshot!(planned.planned.gateway_hosts.join("\n"), @"
    sts.amazonaws.com
    sts.eu-west-1.amazonaws.com
    api.ecr.eu-west-1.amazonaws.com
    123456789012.dkr.ecr.eu-west-1.amazonaws.com
    ");
}

const SAYS: &str = "- step: {type: Run, name: a, identifier: a, spec: {image: i, connectorRef: hub, command: a, outputVariables: [{name: host}, {name: team}]}}\n";

#[test]
fn target_follows_the_users_own_variables() {
    let targets = |spec: &str| {
        let step = format!("{SAYS}{}", step(&format!("{REQUIRED}{spec}")));
        let planned = plan_steps(Profile::Kubernetes, &step, |inputs| inputs.aws.mode = AwsMode::Emulated).planned;
        let target = &planned.targets[0];
        let whose = target.ecr.as_ref().map(|ecr| format!(" of {} in {}", ecr.account, ecr.region));
        let place = format!("{:?} {}/{}{}", target.decided, target.host, target.repository, whose.unwrap_or_default());
        format!("{place}; {}", planned.gateway_hosts.join(" "))
    };
    assert_snapshot!(targets(""), @"BeforeRun 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop of 123456789012 in us-east-1; sts.amazonaws.com sts.us-east-1.amazonaws.com api.ecr.us-east-1.amazonaws.com 123456789012.dkr.ecr.us-east-1.amazonaws.com");
    let registry = |host: &str| targets(&format!("envVariables: {{PLUGIN_REGISTRY: {host}}}"));
    assert_snapshot!(registry("210987654321.dkr.ecr.eu-west-1.amazonaws.com"), @"BeforeRun 210987654321.dkr.ecr.eu-west-1.amazonaws.com/shop of 210987654321 in eu-west-1; sts.amazonaws.com sts.eu-west-1.amazonaws.com api.ecr.eu-west-1.amazonaws.com 210987654321.dkr.ecr.eu-west-1.amazonaws.com");
    assert_snapshot!(registry("ghcr.io/team"), @"BeforeRun ghcr.io/team/shop; ghcr.io");
    assert_snapshot!(registry("https://GHCR.io"), @"BeforeRun GHCR.io/shop; ghcr.io");
    assert_snapshot!(registry("<+steps.a.output.outputVariables.host>"), @"WhileRunning <+steps.a.output.outputVariables.host>/shop; ");
    assert_snapshot!(registry("ghcr.io/<+steps.a.output.outputVariables.team>"), @"BeforeRun ghcr.io/<+steps.a.output.outputVariables.team>/shop; ghcr.io");
    assert_snapshot!(targets("envVariables: {PLUGIN_REGISTRY: registry.example.com, PLUGIN_REPO: mine}"), @"BeforeRun registry.example.com/mine; registry.example.com");
}

/// BuildKit in a container of its own gets the network and the certificates of the plugin, whoever wrote the options;
/// variables that the step sets itself stay.
#[test]
fn buildkit_apart() {
    let options = |profile, fields: &str| {
        let planned = plan_steps(profile, &step(&format!("{REQUIRED}caching: true\n{fields}")), |inputs| {
            inputs.buildkit_config = Some("/etc/cirun/buildkitd.toml".to_owned());
        });
        let names = ["PLUGIN_BUILDER_DRIVER_OPTS", "PLUGIN_BUILDER_DRIVER_OPTS_NEW", "PLUGIN_BUILDER_CONFIG"];
        let values =
            names.map(|name| explain(&planned, name).split(" ← ").next().unwrap_or_default().trim().to_owned());
        values.join("\n")
    };
    const CACHE: &str = "cacheTo: type=registry,ref=ghcr.io/team/cache\n";
    assert_eq!(options(Profile::Kubernetes, CACHE), options(Profile::Vm, CACHE));
    assert_snapshot!(options(Profile::Vm, CACHE), @"
    push: image=harness/buildkit:1.0.1;network=host
    push: image=harness/buildkit:1.0.1;network=host
    push: /etc/cirun/buildkitd.toml
    ");
    assert_snapshot!(options(Profile::Vm, ""), @"
    push: image=harness/buildkit:1.0.1
    push: image=harness/buildkit:1.0.1
    ");
    let own = "envVariables: {PLUGIN_BUILDER_CONFIG: mine.toml, PLUGIN_BUILDER_DRIVER_OPTS_NEW: network=stage}\n";
    assert_snapshot!(options(Profile::Vm, &format!("{CACHE}{own}")), @"
    push: image=harness/buildkit:1.0.1;network=host
    push: network=stage
    push: mine.toml
    ");
    assert_snapshot!(options(Profile::Vm, "envVariables: {PLUGIN_BUILDER_DRIVER: docker-container}\n"), @"
    push: image=harness/buildkit:1.0.1;network=host
    push: image=harness/buildkit:1.0.1;network=host
    push: /etc/cirun/buildkitd.toml
    ");
}

#[test]
fn trust_bundle_of_the_emulator() {
    let planned = plan_steps(Profile::Kubernetes, &step(REQUIRED), |inputs| {
        inputs.trust_bundle = Some("/tmp/engine/ca.pem".to_owned());
    });
    assert_snapshot!(explain(&planned, "SSL_CERT_FILE"), @"push: /tmp/engine/ca.pem ← added by cirun: the emulator's certificates are signed by this run's CA");
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
    PLUGIN_REGISTRY push: 123456789012.dkr.ecr.us-east-1.amazonaws.com ← rule (ecr.registry) ← pipeline.yaml:21:28
    PLUGIN_REGION push: us-east-1 ← rule (ecr.region) ← pipeline.yaml:20:27
    PLUGIN_DOCKERFILE push: D ← rule (ecr.dockerfile) ← pipeline.yaml:24:31
    PLUGIN_ACCESS_KEY push: AKIAKEY ← rule (ecr.keys) ← connector keys, credential.spec.accessKey (pipeline.yaml:154:56) ← pipeline.yaml:19:33
    PLUGIN_SECRET_KEY push: *** ← rule (ecr.keys) ← secret aws_secret (test) ← connector keys, credential.spec.secretKeyRef (pipeline.yaml:154:79) ← pipeline.yaml:19:33
    PLUGIN_DAEMON_OFF push: true ← CI service (ecr.daemon-off)
    DRONE_OUTPUT push: /tmp/engine/push-output.env ← CI service (environment.files)
    ");
}
