//! The GitClone step (the reference's page clone).

use insta::assert_snapshot;

use crate::harness::{by_profile, difference};

const BASE: &str = "connectorRef: github\nrepoName: shop\nbuild: {type: branch, spec: {branch: main}}\n";

fn step(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("      {line}\n")).collect();
    format!("- step:\n    type: GitClone\n    name: clone\n    identifier: clone\n    spec:\n{spec}")
}

fn with(spec: &str) -> String {
    difference(&step(BASE), &step(&format!("{BASE}{spec}")), |_| {})
}

#[test]
fn image_and_branch() {
    assert_snapshot!(by_profile(&step(BASE)), @"
    == kubernetes
    clone GitClone
      image: harness/drone-git:1.7.10-rootless
      env: DRONE_COMMIT_BRANCH=main
      env: DRONE_REMOTE_URL=https://github.com/acme/shop
      env: DRONE_GIT_HTTP_URL=https://github.com/acme/shop
      env: DRONE_NETRC_MACHINE=github.com
      env: DRONE_NETRC_USERNAME=robot
      env: DRONE_NETRC_PASSWORD=***
    == vm, cloud, docker
    clone GitClone
      image: harness/drone-git:1.7.10
      env: DRONE_COMMIT_BRANCH=main
      env: DRONE_REMOTE_URL=https://github.com/acme/shop
      env: DRONE_GIT_HTTP_URL=https://github.com/acme/shop
      env: DRONE_NETRC_MACHINE=github.com
      env: DRONE_NETRC_USERNAME=robot
      env: DRONE_NETRC_PASSWORD=***
    ");
}

#[test]
fn build_required() {
    assert_snapshot!(difference(&step(BASE), &step("connectorRef: github\nrepoName: shop\n"), |_| {}), @"
    == kubernetes, vm, cloud, docker
    - env: DRONE_COMMIT_BRANCH=main
    + error[missing-required-input] `GitClone` step `clone` needs `build`
    + at `clone`: required (clone.build)
    + help: set `build`, such as `{type: branch, spec: {branch: main}}`
    ");
}

#[test]
fn build_tag() {
    let tag = BASE.replace("{type: branch, spec: {branch: main}}", "{type: tag, spec: {tag: v1}}");
    assert_snapshot!(difference(&step(BASE), &step(&tag), |_| {}), @"
    == kubernetes, vm, cloud, docker
    - env: DRONE_COMMIT_BRANCH=main
    + env: DRONE_BUILD_EVENT=tag
    + env: DRONE_TAG=v1
    ");
}

#[test]
fn depth() {
    assert_snapshot!(with("depth: 3"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_DEPTH=3
    ");
}

#[test]
fn ssl_verify_false() {
    assert_snapshot!(with("sslVerify: false"), @"
    == kubernetes, vm, cloud, docker
    + env: GIT_SSL_NO_VERIFY=true
    ");
}

#[test]
fn clone_directory() {
    assert_snapshot!(with("cloneDirectory: other"), @"
    == kubernetes, vm, cloud, docker
    + env: DRONE_WORKSPACE=/harness/other
    ");
}

#[test]
fn clone_directory_may_not_be_the_workspace() {
    assert_snapshot!(with("cloneDirectory: /harness"), @"
    == kubernetes, vm, cloud, docker
    + env: DRONE_WORKSPACE=/harness
    + error[rejected-input] `cloneDirectory` may not be the workspace itself
    + at `/harness`: `/harness` is refused (clone.directory)
    + help: name a directory in it
    ");
}

#[test]
fn lfs_debug_and_fetch_tags() {
    assert_snapshot!(with("lfs: true\ndebug: true\nfetchTags: true"), @"
    == kubernetes, vm, cloud, docker
    + env: DRONE_NETRC_LFS_ENABLED=true
    + env: DRONE_NETRC_DEBUG=true
    + env: DRONE_NETRC_FETCH_TAGS=true
    ");
}

#[test]
fn sparse_checkout_and_submodules() {
    assert_snapshot!(with("sparseCheckout: [a, b]\nsubmoduleStrategy: recursive\npreFetchCommand: git status"), @"
    == kubernetes, vm, cloud, docker
    + env: DRONE_NETRC_SUBMODULE_STRATEGY=recursive
    + env: DRONE_NETRC_PRE_FETCH=git status
    + env: DRONE_NETRC_SPARSE_CHECKOUT=a,b
    ");
}

#[test]
fn output_file_paths_content() {
    assert_snapshot!(with("outputFilePathsContent: [VERSION, a/b]"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_OUTPUT_FILE_PATHS_CONTENT=VERSION,a/b
    ");
}
