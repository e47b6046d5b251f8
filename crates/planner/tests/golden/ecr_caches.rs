//! The cache, secret and base image inputs of BuildAndPushECR (ecr.caching and its siblings).

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::{
    ecr::{REQUIRED, step, with},
    harness::{document, plan_document, render},
};

#[test]
fn caching() {
    assert_snapshot!(with("caching: true"), @"
    == kubernetes
    - image: plugins/kaniko-ecr:1.13.3
    - env: PLUGIN_SNAPSHOT_MODE=redo
    + image: plugins/buildx-ecr:1.4.2
    + privileged: added by cirun: buildx starts its own daemon if there is no socket (ecr.own-daemon)
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
    + at `[type=local, type=gha]`: this plugin does not read it (ecr.cache-from)
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
    + privileged: added by cirun: buildx starts its own daemon if there is no socket (ecr.own-daemon)
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
    + at `type=inline`: this plugin does not read it (ecr.cache-to)
    + help: set `caching: true` to build with buildx, which reads it, or remove it
    == vm, cloud, docker
    + warning[ignored-input] `cacheTo` has no effect with `plugins/ecr:21.1.1`
    + at `type=inline`: this plugin does not read it (ecr.cache-to)
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
    + privileged: added by cirun: buildx starts its own daemon if there is no socket (ecr.own-daemon)
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
    + at `shop/cache`: only on Kubernetes (ecr.remote-cache)
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
    + privileged: added by cirun: buildx starts its own daemon if there is no socket (ecr.own-daemon)
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
    + at `shop/cache`: only on Kubernetes (ecr.remote-cache)
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
    + at `hub`: the service reads the first alone (ecr.base-image)
    + help: keep one connector in `baseImageConnectorRefs`
    ");
}

/// An expression for the whole list: it evaluates to a list, or to one connector.
#[test]
fn base_image_connector_refs_by_expression() {
    let with_variable = |value: &str, refs: &str| {
        let step = step(&format!("{REQUIRED}baseImageConnectorRefs: {refs}"));
        let text = document(Profile::Vm, &step).replace(
            "  stages:\n",
            &format!("  variables: [{{name: refs, type: String, value: \"{value}\"}}]\n  stages:\n"),
        );
        let shown = render(&plan_document(&text, |_| {}));
        let own = |line: &&str| {
            line.contains("PLUGIN_BASE_IMAGE")
                || line.starts_with(|c: char| c.is_ascii_lowercase() && line.contains('['))
        };
        shown.lines().filter(own).map(|line| format!("{}\n", line.trim())).collect::<String>()
    };
    let one = with_variable("quay", "<+pipeline.variables.refs>");
    assert_snapshot!(one, @"
    env: PLUGIN_BASE_IMAGE_REGISTRY=https://quay.io
    env: PLUGIN_BASE_IMAGE_USERNAME=robot
    env: PLUGIN_BASE_IMAGE_PASSWORD=***
    ");
    for refs in [
        "<+pipeline.variables.refs.split(\",\")>",
        "<+<+pipeline.variables.refs>.split(\",\")>",
        "[<+pipeline.variables.refs>]",
    ] {
        let found = with_variable("quay", refs);
        assert_eq!(found, one, "{refs}");
    }
    assert_snapshot!(with_variable("quay,hub", "<+pipeline.variables.refs.split(\",\")>"), @"
    env: PLUGIN_BASE_IMAGE_REGISTRY=https://quay.io
    env: PLUGIN_BASE_IMAGE_USERNAME=robot
    env: PLUGIN_BASE_IMAGE_PASSWORD=***
    warning[ignored-input] only the first base image connector is used
    ");
    assert_snapshot!(with_variable("unknown", "<+pipeline.variables.refs>"), @"parity[connector-assumed] the connector `unknown` is in no file");
    assert_snapshot!(with_variable("quay", "<+steps.x.output.outputVariables.REF>"), @"warning[unresolved-expression] `steps.x.output.outputVariables.REF` does not resolve");
}

#[test]
fn env_docker_secrets() {
    assert_snapshot!(with("envDockerSecrets: {token: TOKEN}"), @"
    == kubernetes
    + warning[ignored-input] `envDockerSecrets` has no effect with `plugins/kaniko-ecr:1.13.3`
    + at `{token: TOKEN}`: this plugin does not read it (ecr.env-secrets)
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
    + privileged: added by cirun: buildx starts its own daemon if there is no socket (ecr.own-daemon)
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
    + at `{key: key.pem}`: this plugin does not read it (ecr.file-secrets)
    + help: set `caching: true` to build with buildx, which reads it, or remove it
    == vm, cloud, docker
    + env: PLUGIN_SECRETS_FROM_FILE=key=key.pem
    ");
}
