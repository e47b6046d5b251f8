//! BuildAndPushDockerRegistry, GAR, GCR and ACR (the reference's page push).

use cirun_plan::{Profile, Secret};
use cirun_planner::{AwsMode, PushMode, Setting};
use insta::assert_snapshot;

use crate::harness::{by_profile_with, plan_steps};

fn build(kind: &str, spec: &str) -> String {
    let step = format!("- step:\n    type: {kind}\n    name: push\n    identifier: push\n    spec: {{{spec}}}\n");
    by_profile_with(&step, |inputs| inputs.push = PushMode::Real)
}

#[test]
fn docker_registry_with_password() {
    assert_snapshot!(build("BuildAndPushDockerRegistry", "connectorRef: quay, repo: team/shop, tags: [a]"), @"
    == kubernetes
    push BuildAndPushDockerRegistry
      image: plugins/kaniko:1.13.3
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_SNAPSHOT_MODE=redo
      env: PLUGIN_REGISTRY=https://quay.io
      env: PLUGIN_USERNAME=robot
      env: PLUGIN_PASSWORD=***
    warning[repo-without-registry] `repo: team/shop` is pushed to Docker Hub, not to quay.io
      at `team/shop`: the plugins push to this name as written: it has no registry
      help: write `repo: quay.io/team/shop`
    == vm, cloud, docker
    push BuildAndPushDockerRegistry
      image: plugins/docker:21.1.1
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
      env: PLUGIN_REGISTRY=https://quay.io
      env: PLUGIN_USERNAME=robot
      env: PLUGIN_PASSWORD=***
    warning[repo-without-registry] `repo: team/shop` is pushed to Docker Hub, not to quay.io
      at `team/shop`: the plugins push to this name as written: it has no registry
      help: write `repo: quay.io/team/shop`
    ");
}

#[test]
fn docker_registry_anonymous() {
    assert_snapshot!(build("BuildAndPushDockerRegistry", "connectorRef: hub, repo: team/shop, tags: [a]"), @"
    == kubernetes
    push BuildAndPushDockerRegistry
      image: plugins/kaniko:1.13.3
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_SNAPSHOT_MODE=redo
      env: PLUGIN_REGISTRY=https://index.docker.io/v1/
    == vm, cloud, docker
    push BuildAndPushDockerRegistry
      image: plugins/docker:21.1.1
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
      env: PLUGIN_REGISTRY=https://index.docker.io/v1/
    ");
}

#[test]
fn docker_registry_needs_connector_or_registry() {
    assert_snapshot!(build("BuildAndPushDockerRegistry", "repo: team/shop, tags: [a]"), @"
    == kubernetes
    push BuildAndPushDockerRegistry
      image: plugins/kaniko:1.13.3
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_SNAPSHOT_MODE=redo
    error[missing-required-input] `BuildAndPushDockerRegistry` step `push` needs `connectorRef` on PROFILE
      at `push`: required unless `registryRef` is set (push.docker-connector)
      help: set `connectorRef` or `registryRef`
    == vm, cloud, docker
    push BuildAndPushDockerRegistry
      image: plugins/docker:21.1.1
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
    error[missing-required-input] `BuildAndPushDockerRegistry` step `push` needs `connectorRef` on PROFILE
      at `push`: required unless `registryRef` is set (push.docker-connector)
      help: set `connectorRef` or `registryRef`
    ");
}

#[test]
fn docker_registry_with_a_connector_of_another_type() {
    assert_snapshot!(build("BuildAndPushDockerRegistry", "connectorRef: keys, repo: team/shop, tags: [a]"), @"
    == kubernetes
    push BuildAndPushDockerRegistry
      image: plugins/kaniko:1.13.3
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_SNAPSHOT_MODE=redo
    error[wrong-connector-type] `keys` is not a connector of type `DockerRegistry`
      at `keys`: a `BuildAndPushDockerRegistry` step needs one
    == vm, cloud, docker
    push BuildAndPushDockerRegistry
      image: plugins/docker:21.1.1
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
    error[wrong-connector-type] `keys` is not a connector of type `DockerRegistry`
      at `keys`: a `BuildAndPushDockerRegistry` step needs one
    ");
}

const GAR: &str = "host: us-docker.pkg.dev, projectID: team, imageName: shop, tags: [a]";
const ACR: &str = "repository: team.azurecr.io/shop, subscriptionId: s, tags: [a]";

/// With an OIDC token, as a run has it.
fn signed_in(kind: &str, connector: &str, spec: &str) -> String {
    let step = format!(
        "- step:\n    type: {kind}\n    name: push\n    identifier: push\n    spec: {{connectorRef: {connector}, {spec}}}\n"
    );
    by_profile_with(&step, |inputs| {
        inputs.push = PushMode::Real;
        inputs.aws.oidc_token =
            Some(Setting { value: Secret::new("token"), given_by: "the local OIDC issuer".to_owned() });
    })
}

#[test]
fn docker_registry_named_by_the_repo() {
    assert_snapshot!(build(
        "BuildAndPushDockerRegistry",
        "connectorRef: quay, repo: quay.io/team/shop, tags: [a], caching: true"
    ));
}

#[test]
fn gar_with_key() {
    assert_snapshot!(signed_in("BuildAndPushGAR", "google", GAR));
}

#[test]
fn gar_with_oidc_on_buildx() {
    assert_snapshot!(signed_in("BuildAndPushGAR", "google_oidc", &format!("{GAR}, caching: true, cacheTo: type=gha")));
}

#[test]
fn gar_inherits_from_delegate() {
    assert_snapshot!(signed_in("BuildAndPushGAR", "google_delegate", GAR));
}

#[test]
fn gar_with_a_connector_of_another_type() {
    assert_snapshot!(signed_in("BuildAndPushGAR", "keys", GAR));
}

#[test]
fn gcr() {
    assert_snapshot!(signed_in(
        "BuildAndPushGCR",
        "google",
        "host: gcr.io, projectID: team, imageName: shop, tags: [a]"
    ));
}

#[test]
fn acr_with_secret() {
    assert_snapshot!(signed_in("BuildAndPushACR", "azure", ACR));
}

#[test]
fn acr_with_certificate() {
    assert_snapshot!(signed_in("BuildAndPushACR", "azure_certificate", ACR));
}

#[test]
fn acr_with_oidc() {
    assert_snapshot!(signed_in("BuildAndPushACR", "azure_oidc", ACR));
}

#[test]
fn acr_inherits_from_delegate() {
    assert_snapshot!(signed_in("BuildAndPushACR", "azure_delegate", ACR));
}

/// The names that a gateway answers for, by what is emulated.
#[test]
fn names_of_the_gateway() {
    let hosts = |kind: &str, spec: &str, push: PushMode| {
        let service = "- step: {type: Background, name: sibling, identifier: sibling, spec: {image: registry, connectorRef: hub}}\n";
        let step = format!(
            "{service}- step:\n    type: {kind}\n    name: push\n    identifier: push\n    spec: {{{spec}, tags: [a]}}\n"
        );
        let planned = plan_steps(Profile::Kubernetes, &step, |inputs| {
            inputs.aws.mode = AwsMode::Emulated;
            inputs.push = push;
        });
        planned.planned.gateway_hosts.join(" ")
    };
    let docker = "BuildAndPushDockerRegistry";
    assert_snapshot!(hosts(docker, "connectorRef: hub, repo: team/shop", PushMode::Local), @"docker.io index.docker.io registry-1.docker.io registry.hub.docker.com auth.docker.io");
    assert_snapshot!(hosts(docker, "connectorRef: quay, repo: quay.io/team/shop", PushMode::Local), @"quay.io");
    assert_snapshot!(hosts(docker, "connectorRef: quay, repo: team/shop", PushMode::Local), @"docker.io index.docker.io registry-1.docker.io registry.hub.docker.com auth.docker.io quay.io");
    // No service of that name: an intranet's host.
    assert_snapshot!(hosts(docker, "connectorRef: quay, repo: registry:5000/shop", PushMode::Local), @"registry quay.io");
    assert_snapshot!(hosts(docker, "connectorRef: quay, repo: sibling:5000/shop", PushMode::Local), @"quay.io");
    assert_snapshot!(hosts(docker, "connectorRef: quay, repo: localhost:5000/shop", PushMode::Local), @"quay.io");
    assert_snapshot!(hosts(docker, "connectorRef: quay, repo: quay.io/shop, caching: true, cacheTo: \"type=registry,ref=cache.example/shop\"", PushMode::Local), @"quay.io cache.example");
    assert_snapshot!(hosts(docker, "connectorRef: quay, repo: quay.io/shop, remoteCacheImage: team/cache", PushMode::Local), @"quay.io docker.io index.docker.io registry-1.docker.io registry.hub.docker.com auth.docker.io");
    assert_snapshot!(hosts(docker, "connectorRef: quay, repo: quay.io/team/shop", PushMode::Real), @"");
    let gar = "connectorRef: google, host: us-docker.pkg.dev, projectID: team, imageName: shop";
    assert_snapshot!(hosts("BuildAndPushGAR", gar, PushMode::Local), @"us-docker.pkg.dev");
    assert_snapshot!(hosts("BuildAndPushACR", "connectorRef: azure, repository: team.azurecr.io/shop", PushMode::Local), @"team.azurecr.io");
}
