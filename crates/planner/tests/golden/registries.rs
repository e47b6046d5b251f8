//! BuildAndPushDockerRegistry, GAR, GCR and ACR (facts/steps).

use cirun_planner::PushMode;
use insta::assert_snapshot;

use crate::harness::by_profile_with;

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
    == vm, cloud, docker
    push BuildAndPushDockerRegistry
      image: plugins/docker:21.1.1
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
      env: PLUGIN_REGISTRY=https://quay.io
      env: PLUGIN_USERNAME=robot
      env: PLUGIN_PASSWORD=***
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
      at `push`: Docker, UI Field `spec.connectorRef`: required unless `registryRef`
      help: set `connectorRef` or `registryRef`
    == vm, cloud, docker
    push BuildAndPushDockerRegistry
      image: plugins/docker:21.1.1
      env: PLUGIN_REPO=team/shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
    error[missing-required-input] `BuildAndPushDockerRegistry` step `push` needs `connectorRef` on PROFILE
      at `push`: Docker, UI Field `spec.connectorRef`: required unless `registryRef`
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

#[test]
fn gar() {
    assert_snapshot!(build("BuildAndPushGAR", "connectorRef: keys, host: us-docker.pkg.dev, projectID: team, imageName: shop, tags: [a]"), @"
    == kubernetes
    push BuildAndPushGAR
      image: plugins/kaniko-gar:1.13.3
      env: PLUGIN_REGISTRY=us-docker.pkg.dev/team
      env: PLUGIN_REPO=shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_SNAPSHOT_MODE=redo
    parity[connector-not-read] the credentials of a `Gcp` connector are not passed on: CI passes them to the plugin
      at `keys`: this connector
      help: give the plugin its credentials in `envVariables`
    == vm, cloud, docker
    push BuildAndPushGAR
      image: plugins/gar:21.1.1
      env: PLUGIN_REGISTRY=us-docker.pkg.dev/team
      env: PLUGIN_REPO=shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
    parity[connector-not-read] the credentials of a `Gcp` connector are not passed on: CI passes them to the plugin
      at `keys`: this connector
      help: give the plugin its credentials in `envVariables`
    ");
}

#[test]
fn gcr() {
    assert_snapshot!(build("BuildAndPushGCR", "connectorRef: keys, host: gcr.io, projectID: team, imageName: shop, tags: [a]"), @"
    == kubernetes
    push BuildAndPushGCR
      image: plugins/kaniko-gcr:1.13.3
      env: PLUGIN_REGISTRY=gcr.io/team
      env: PLUGIN_REPO=shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_SNAPSHOT_MODE=redo
    parity[connector-not-read] the credentials of a `Gcp` connector are not passed on: CI passes them to the plugin
      at `keys`: this connector
      help: give the plugin its credentials in `envVariables`
    == vm, cloud, docker
    push BuildAndPushGCR
      image: plugins/gcr:21.1.1
      env: PLUGIN_REGISTRY=gcr.io/team
      env: PLUGIN_REPO=shop
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
    parity[connector-not-read] the credentials of a `Gcp` connector are not passed on: CI passes them to the plugin
      at `keys`: this connector
      help: give the plugin its credentials in `envVariables`
    ");
}

#[test]
fn acr() {
    assert_snapshot!(build("BuildAndPushACR", "connectorRef: keys, repository: team.azurecr.io/shop, subscriptionId: s, tags: [a]"), @"
    == kubernetes
    push BuildAndPushACR
      image: plugins/kaniko-acr:1.13.3
      env: PLUGIN_REGISTRY=team.azurecr.io
      env: PLUGIN_REPO=team.azurecr.io/shop
      env: SUBSCRIPTION_ID=s
      env: PLUGIN_TAGS=a
      env: PLUGIN_SNAPSHOT_MODE=redo
    parity[connector-not-read] the credentials of a `Azure` connector are not passed on: CI passes them to the plugin
      at `keys`: this connector
      help: give the plugin its credentials in `envVariables`
    == vm, cloud, docker
    push BuildAndPushACR
      image: plugins/acr:21.1.1
      env: PLUGIN_REGISTRY=team.azurecr.io
      env: PLUGIN_REPO=team.azurecr.io/shop
      env: SUBSCRIPTION_ID=s
      env: PLUGIN_TAGS=a
      env: PLUGIN_DAEMON_OFF=true
    parity[connector-not-read] the credentials of a `Azure` connector are not passed on: CI passes them to the plugin
      at `keys`: this connector
      help: give the plugin its credentials in `envVariables`
    ");
}
