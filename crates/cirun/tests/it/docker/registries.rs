//! Registries outside AWS: each plugin logs in as it would in CI, and its image stays on this machine.

use cirun_aws_emulator::{LogEntry, Service};
use insta::assert_snapshot;

use crate::it::support::{Stage, TestEnvironment, assert_nothing_left, docker};

const CONNECTORS: &str = r#"connector:
  identifier: hub
  name: hub
  type: DockerRegistry
  spec:
    dockerRegistryUrl: https://index.docker.io/v2/
    providerType: DockerHub
    auth: {type: UsernamePassword, spec: {username: robot, passwordRef: password}}
---
connector:
  identifier: quay
  name: quay
  type: DockerRegistry
  spec:
    dockerRegistryUrl: https://quay.io
    providerType: Quay
    auth: {type: UsernamePassword, spec: {username: robot, passwordRef: password}}
---
connector:
  identifier: open
  name: open
  type: DockerRegistry
  spec:
    dockerRegistryUrl: https://reg.example.com:5000
    providerType: Other
    auth: {type: Anonymous}
---
connector:
  identifier: anonymous
  name: anonymous
  type: DockerRegistry
  spec:
    dockerRegistryUrl: https://index.docker.io/v2/
    providerType: DockerHub
    auth: {type: Anonymous}
---
connector:
  identifier: google
  name: google
  type: Gcp
  spec:
    credential: {type: ManualConfig, spec: {secretKeyRef: key}}
---
connector:
  identifier: google_oidc
  name: google oidc
  type: Gcp
  spec:
    credential:
      type: OidcAuthentication
      spec: {workloadPoolId: pool, providerId: harness, gcpProjectId: "12", serviceAccountEmail: ci@p.iam.gserviceaccount.com}
---
connector:
  identifier: azure
  name: azure
  type: Azure
  spec:
    credential:
      type: ManualConfig
      spec: {clientId: app, tenantId: tenant, auth: {type: Secret, spec: {secretRef: password}}}
"#;

const PLUGINS: [&str; 9] =
    ["kaniko", "buildx", "docker", "kaniko-gar", "gar", "kaniko-gcr", "kaniko-acr", "acr", "kaniko-ecr"];

/// A step that builds `FROM scratch` and pushes.
fn step(kind: &str, spec: &str) -> String {
    format!("- step:\n    type: {kind}\n    name: push\n    identifier: push\n    spec: {{{spec}, tags: [v1]}}\n")
}

/// The control requests of a push, the name of its image, and whether the engine can pull it by the printed address.
fn pushed(stage: Stage, kind: &str, spec: &str) -> String {
    let (environment, words) = run(stage, kind, spec, 0);
    let log = std::fs::read_to_string(environment.record().join("emulator/requests.jsonl")).unwrap();
    let entries: Vec<LogEntry> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_relevant = |entry: &&LogEntry| entry.service != Service::Registry || entry.action == "GetToken";
    let mut lines: Vec<String> = entries.iter().filter(is_relevant).map(show).collect();
    lines.dedup();
    let address = words.lines().find_map(|line| line.trim().strip_prefix("docker pull ")).expect(&words);
    docker(&["pull", "--quiet", address]);
    docker(&["image", "rm", "--force", address]);
    lines.push(address.split_once('/').unwrap().1.to_owned());
    lines.join("\n")
}

fn run(stage: Stage, kind: &str, spec: &str, code: i32) -> (TestEnvironment, String) {
    let environment = TestEnvironment::pipeline(stage.step(&step(kind, spec)).pipeline())
        .file(".harness/registries.yaml", CONNECTORS)
        .file("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
        .with_engine();
    let images: Vec<String> =
        PLUGINS.iter().flat_map(|name| ["--plugin-image".to_owned(), format!("{name}=cirun.local/{name}:1")]).collect();
    let fixed =
        ["local", "ci.yaml", "--events", "e.jsonl", "--offline", "--secret", "password=pw", "--secret", "key={}"];
    let args: Vec<&str> = fixed.into_iter().chain(images.iter().map(String::as_str)).collect();
    let output = environment.cirun(&args).exits(code);
    assert_nothing_left(environment.events().run());
    (environment, output.stderr)
}

fn show(entry: &LogEntry) -> String {
    let params: String = ["user", "client_id", "audience"]
        .into_iter()
        .filter_map(|name| Some(format!(" {name}={}", entry.params.get(name)?)))
        .collect();
    format!("{} {} {}{params}", entry.host, entry.action, entry.status)
}

#[test]
fn docker_hub_by_kaniko() {
    let spec = "connectorRef: hub, repo: team/shop";
    assert_snapshot!(pushed(Stage::kubernetes(), "BuildAndPushDockerRegistry", spec), @"
    auth.docker.io GetToken 200 user=robot
    registry-1.docker.io/team/shop:v1
    ");
}

#[test]
fn docker_hub_without_a_login_takes_no_push() {
    let (environment, _) =
        run(Stage::kubernetes(), "BuildAndPushDockerRegistry", "connectorRef: anonymous, repo: team/shop", 1);
    let said = environment.events().output("push").join("\n").to_lowercase();
    assert!(said.contains("unauthorized"), "{said}");
}

#[test]
fn another_registry_by_docker() {
    let spec = "connectorRef: quay, repo: quay.io/team/shop";
    assert_snapshot!(pushed(Stage::vm(), "BuildAndPushDockerRegistry", spec), @"quay.io/team/shop:v1");
}

#[test]
fn another_registry_by_buildx() {
    let spec = "connectorRef: quay, repo: quay.io/team/shop, caching: true";
    assert_snapshot!(pushed(Stage::vm(), "BuildAndPushDockerRegistry", spec), @"
    quay.io GetToken 200 user=robot
    quay.io/team/shop:v1
    ");
}

#[test]
fn an_open_registry_with_a_port() {
    let spec = "connectorRef: open, repo: \"reg.example.com:5000/team/shop\"";
    assert_snapshot!(pushed(Stage::kubernetes(), "BuildAndPushDockerRegistry", spec), @"reg.example.com/team/shop:v1");
}

#[test]
fn google_with_a_key() {
    let spec = "connectorRef: google, host: us-docker.pkg.dev, projectID: team, imageName: images/shop";
    assert_snapshot!(pushed(Stage::kubernetes(), "BuildAndPushGAR", spec), @"
    oauth2.googleapis.com OAuthToken 200
    us-docker.pkg.dev GetToken 200 user=oauth2accesstoken
    us-docker.pkg.dev/team/images/shop:v1
    ");
}

#[test]
fn google_with_oidc_on_a_vm() {
    let spec = "connectorRef: google_oidc, host: us-docker.pkg.dev, projectID: team, imageName: images/shop";
    assert_snapshot!(pushed(Stage::vm(), "BuildAndPushGAR", spec), @"
    sts.googleapis.com ExchangeToken 200 audience=//iam.googleapis.com/projects/12/locations/global/workloadIdentityPools/pool/providers/harness
    iamcredentials.googleapis.com GenerateAccessToken 200
    us-docker.pkg.dev/team/images/shop:v1
    ");
}

#[test]
fn google_container_registry() {
    let spec = "connectorRef: google, host: gcr.io, projectID: team, imageName: shop";
    assert_snapshot!(pushed(Stage::kubernetes(), "BuildAndPushGCR", spec), @"
    oauth2.googleapis.com OAuthToken 200
    gcr.io GetToken 200 user=oauth2accesstoken
    gcr.io/team/shop:v1
    ");
}

#[test]
fn azure_with_a_secret() {
    let spec = "connectorRef: azure, repository: team.azurecr.io/shop, subscriptionId: s";
    assert_snapshot!(pushed(Stage::kubernetes(), "BuildAndPushACR", spec), @"
    login.microsoftonline.com OAuthToken 200 client_id=app
    management.azure.com ListResources 200
    team.azurecr.io GetToken 200 user=azure
    team.azurecr.io GetToken 200 user=00000000-0000-0000-0000-000000000000
    team.azurecr.io/shop:v1
    ");
}

#[test]
fn azure_on_a_vm() {
    let spec = "connectorRef: azure, repository: team.azurecr.io/shop";
    assert_snapshot!(pushed(Stage::vm(), "BuildAndPushACR", spec), @"
    login.microsoftonline.com OAuthToken 200 client_id=app
    team.azurecr.io GetToken 200 user=azure
    team.azurecr.io/shop:v1
    ");
}

/// The connectors are only in Harness: nothing was configured for them, but the images are kept here.
#[test]
fn connectors_that_are_in_no_file() {
    let hub = "connectorRef: account.away, repo: team/shop";
    assert_snapshot!(pushed(Stage::kubernetes(), "BuildAndPushDockerRegistry", hub), @"registry-1.docker.io/team/shop:v1");
    assert_snapshot!(pushed(Stage::vm(), "BuildAndPushDockerRegistry", hub), @"docker.io/team/shop:v1");
    let quay = "connectorRef: account.away, repo: quay.io/team/shop, caching: true";
    assert_snapshot!(pushed(Stage::vm(), "BuildAndPushDockerRegistry", quay), @"quay.io/team/shop:v1");
    let google = "connectorRef: account.away, host: us-docker.pkg.dev, projectID: team, imageName: images/shop";
    assert_snapshot!(pushed(Stage::kubernetes(), "BuildAndPushGAR", google), @"
    sts.googleapis.com ExchangeToken 200 audience=//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/1/providers/1
    iamcredentials.googleapis.com GenerateAccessToken 200
    us-docker.pkg.dev/team/images/shop:v1
    ");
    let azure = "connectorRef: account.away, repository: team.azurecr.io/shop";
    assert_snapshot!(pushed(Stage::kubernetes(), "BuildAndPushACR", azure), @"
    login.microsoftonline.com OAuthToken 200 client_id=cirun
    team.azurecr.io GetToken 200 user=azure
    team.azurecr.io/shop:v1
    ");
}
