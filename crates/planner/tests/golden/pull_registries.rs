//! `registries`: the connectors that pull images (images.registries).

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::{diagnostics, document, plan_document, render};

/// A login for Docker Hub, in addition to the connectors of all tests.
const CONNECTOR: &str = "
---
connector:
  identifier: hub_login
  name: hub_login
  type: DockerRegistry
  spec:
    dockerRegistryUrl: https://index.docker.io/v2/
    providerType: DockerHub
    auth: {type: UsernamePassword, spec: {username: me, passwordRef: hub_password}}
";

const LIST: &str = "[{connectorRef: quay, match: \"^quay.io/team/\"}, {connectorRef: hub_login}, {name: keys}, {connectorIdentifier: azure_delegate}]";

/// A plan of a Background, a Run and a Plugin step of this image, in a stage with `registries`.
fn planned(profile: Profile, image: &str, stage: &str, step: &str) -> String {
    let spec = format!("image: \"{image}\"{step}");
    let steps = format!(
        "- step: {{type: Background, name: a, identifier: a, spec: {{{spec}}}}}\n- step: {{type: Run, name: b, identifier: b, spec: {{{spec}, command: \"true\"}}}}\n- step: {{type: Plugin, name: c, identifier: c, spec: {{{spec}}}}}\n"
    );
    let text = document(profile, &steps) + CONNECTOR;
    let text = match stage {
        "" => text,
        list => text.replace(
            "          cloneCodebase: true\n",
            &format!("          cloneCodebase: true\n          registries: {list}\n"),
        ),
    };
    render(&plan_document(&text, |inputs| inputs.aws.mode = cirun_planner::AwsMode::Emulated))
}

/// The login of all three steps, which is the same.
fn login(image: &str) -> String {
    let shown = planned(Profile::Vm, image, LIST, "");
    let logins: Vec<&str> = shown.lines().filter_map(|line| line.trim().strip_prefix("auth: ")).collect();
    assert!(logins.iter().all(|login| *login == logins[0]) && matches!(logins.len(), 0 | 3), "{shown}");
    logins.first().map_or_else(|| "none".to_owned(), |login| (*login).to_owned())
}

#[test]
fn by_match_and_then_by_the_type_of_the_host() {
    let shown: String = [
        "quay.io/team/app:1",
        "quay.io/other/app:1",
        "redis:7",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1",
        "team.azurecr.io/app:1",
        "us.gcr.io/p/app:1",
    ]
    .map(|image| format!("{image}: {}\n", login(image)))
    .concat();
    assert_snapshot!(shown, @"
    quay.io/team/app:1: robot at quay.io
    quay.io/other/app:1: me at https://index.docker.io/v1/
    redis:7: me at https://index.docker.io/v1/
    123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1: ECR by keys, key AKIAKEY
    team.azurecr.io/app:1: none
    us.gcr.io/p/app:1: none
    ");
}

#[test]
fn a_steps_list_takes_the_place_of_the_stages() {
    assert_snapshot!(planned(Profile::Vm, "quay.io/team/app:1", LIST, ", registries: [hub_login], connectorRef: hub"), @"
    service a Background
      image: quay.io/team/app:1
      auth: me at https://index.docker.io/v1/
      aliases: a
    b Run
      image: quay.io/team/app:1
      auth: me at https://index.docker.io/v1/
      entrypoint: sh | -c
      command: set -e; true
    c Plugin
      image: quay.io/team/app:1
      auth: me at https://index.docker.io/v1/
    warning[ignored-input] `connectorRef` has no effect beside `registries`
      at `hub`: on machines the connector comes from `registries` (images.registries)
      help: remove one of the two
    warning[ignored-input] `connectorRef` has no effect beside `registries`
      at `hub`: on machines the connector comes from `registries` (images.registries)
      help: remove one of the two
    warning[ignored-input] `connectorRef` has no effect beside `registries`
      at `hub`: on machines the connector comes from `registries` (images.registries)
      help: remove one of the two
    ");
}

#[test]
fn none_is_for_the_image() {
    assert_snapshot!(planned(Profile::Vm, "redis:7", "[{connectorRef: quay, match: \"^quay\"}]", ""), @r#"
    service a Background
      image: redis:7
      aliases: a
    b Run
      image: redis:7
      entrypoint: sh | -c
      command: set -e; true
    c Plugin
      image: redis:7
    note[image-without-connector] none of the `registries` is for the image of `a`
      at `"redis:7"`: on machines the connector comes from `registries` (images.registries)
      help: the image is pulled without credentials
    note[image-without-connector] none of the `registries` is for the image of `b`
      at `"redis:7"`: on machines the connector comes from `registries` (images.registries)
      help: the image is pulled without credentials
    note[image-without-connector] none of the `registries` is for the image of `c`
      at `"redis:7"`: on machines the connector comes from `registries` (images.registries)
      help: the image is pulled without credentials
    "#);
}

#[test]
fn pods_read_none() {
    assert_snapshot!(planned(Profile::Kubernetes, "redis:7", LIST, ", registries: [hub_login], connectorRef: hub"), @r#"
    service a Background
      image: redis:7
      aliases: a
    b Run
      image: redis:7
      entrypoint: sh | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎true
    c Plugin
      image: redis:7
    warning[ignored-input] `registries` has no effect on kubernetes
      at `{connectorRef: quay, match: "^quay.io/team/"}`: only machines read it (images.registries)
      help: give the steps a `connectorRef`
    warning[ignored-input] `registries` has no effect on kubernetes
      at `hub_login`: only machines read it (images.registries)
      help: remove `registries`, or run the stage where it has an effect
    warning[ignored-input] `registries` has no effect on kubernetes
      at `hub_login`: only machines read it (images.registries)
      help: remove `registries`, or run the stage where it has an effect
    warning[ignored-input] `registries` has no effect on kubernetes
      at `hub_login`: only machines read it (images.registries)
      help: remove `registries`, or run the stage where it has an effect
    "#);
}

#[test]
fn the_origin_names_the_list() {
    let text = document(
        Profile::Cloud,
        "- step: {type: Background, name: a, identifier: a, spec: {image: redis, registries: [quay, hub]}}\n",
    );
    let outcome = plan_document(&text, |_| {});
    assert_eq!(diagnostics(&outcome), "");
    let stages = &outcome.planned.plan.stages;
    let connectors: Vec<String> = stages[0]
        .steps()
        .iter()
        .filter_map(|step| match &step.action {
            cirun_plan::Action::Container(container) => container.connector.as_ref(),
            _ => None,
        })
        .map(|connector| format!("{} ← {}", connector.value, connector.origin))
        .collect();
    assert_snapshot!(connectors.join("\n"), @"quay ← CI service (images.registries) ← pipeline.yaml:14:98");
}
