//! Connectors that are in no file: the substitutes, and where there is none.

use cirun_diagnostics::{Severity, Sources};
use cirun_parser::{lower_connector, parse_documents};
use cirun_plan::Profile;
use cirun_planner::{Access, AwsMode, PushMode};
use insta::assert_snapshot;

use crate::harness::{Outcome, delegate, diagnostics, plan_steps, render};

const MODES: [(AwsMode, PushMode); 5] = [
    (AwsMode::Emulated, PushMode::Local),
    (AwsMode::Emulated, PushMode::None),
    (AwsMode::Real, PushMode::Local),
    (AwsMode::Real, PushMode::Real),
    (AwsMode::Off, PushMode::Real),
];

fn step(kind: &str, spec: &str) -> String {
    format!("- step: {{type: {kind}, name: s, identifier: s, spec: {{connectorRef: org.away, {spec}}}}}\n")
}

fn plan(steps: &str, (aws, push): (AwsMode, PushMode)) -> Outcome {
    plan_steps(Profile::Kubernetes, steps, |inputs| {
        inputs.aws.mode = aws;
        inputs.aws.delegate = (aws != AwsMode::Off).then(delegate);
        inputs.push = push;
    })
}

/// The diagnostics about the connector in each mode, and the credentials of the step.
fn table(kind: &str, spec: &str) -> String {
    let row = |mode: (AwsMode, PushMode)| {
        let outcome = plan(&step(kind, spec), mode);
        let found = outcome.planned.diagnostics.iter().chain(&outcome.planned.parity);
        let mut of_connector = found.filter(|found| found.message.contains("org.away"));
        let said = of_connector.next().expect("a finding");
        assert!(of_connector.next().is_none(), "one connector, one finding");
        assert_eq!(said.severity == Severity::Parity, outcome.planned.assumed_connectors == ["org.away"]);
        let credentials = ["auth: ", "_KEY", "CLIENT_", "PLUGIN_REGISTRY", "PLUGIN_USERNAME"];
        let given: String = render(&outcome)
            .lines()
            .take_while(|line| line.starts_with(' ') || line.starts_with("s "))
            .filter(|line| credentials.iter().any(|name| line.contains(name)))
            .map(|line| format!("  {line}\n"))
            .collect();
        format!("aws {:?}, push {:?}: {} {}\n{given}", mode.0, mode.1, said.code, said.labels[0].text)
    };
    MODES.map(row).concat()
}

#[test]
fn an_image_is_pulled_with_the_persons_own_login() {
    assert_snapshot!(table("Run", "image: a:1, command: x"), @"
    aws Emulated, push Local: connector-assumed the image is pulled with your own `docker login`, or without a login
    aws Emulated, push None: connector-assumed the image is pulled with your own `docker login`, or without a login
    aws Real, push Local: connector-assumed the image is pulled with your own `docker login`, or without a login
    aws Real, push Real: connector-assumed the image is pulled with your own `docker login`, or without a login
    aws Off, push Real: connector-assumed the image is pulled with your own `docker login`, or without a login
    ");
}

#[test]
fn an_image_of_ecr_is_pulled_as_the_delegate_would() {
    let image = "image: \"123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1\", command: x";
    assert_snapshot!(table("Run", image), @"
    aws Emulated, push Local: connector-assumed the emulated ECR serves the image
    aws Emulated, push None: connector-assumed the emulated ECR serves the image
    aws Real, push Local: connector-assumed your own AWS identity signs in, as the delegate would
        auth: ECR by org.away
    aws Real, push Real: connector-assumed your own AWS identity signs in, as the delegate would
        auth: ECR by org.away
    aws Off, push Real: connector-assumed the image is pulled with your own `docker login`, or without a login
    ");
}

#[test]
fn a_push_to_ecr() {
    assert_snapshot!(table("BuildAndPushECR", "region: us-east-1, account: \"123456789012\", imageName: shop, tags: [t]"), @"
    aws Emulated, push Local: connector-assumed the step gets keys of the emulated AWS
        env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
        env: AWS_ACCESS_KEY_ID=AKIADELEGATE
        env: AWS_SECRET_ACCESS_KEY=***
    aws Emulated, push None: connector-assumed the step gets keys of the emulated AWS
        env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
        env: AWS_ACCESS_KEY_ID=AKIADELEGATE
        env: AWS_SECRET_ACCESS_KEY=***
    aws Real, push Local: connector-assumed your own AWS identity signs in, as the delegate would
        env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
        env: AWS_ACCESS_KEY_ID=AKIADELEGATE
        env: AWS_SECRET_ACCESS_KEY=***
    aws Real, push Real: connector-assumed your own AWS identity signs in, as the delegate would
        env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
        env: AWS_ACCESS_KEY_ID=AKIADELEGATE
        env: AWS_SECRET_ACCESS_KEY=***
    aws Off, push Real: connector-assumed the step gets no credentials
        env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
    ");
}

#[test]
fn a_push_to_a_docker_registry() {
    assert_snapshot!(table("BuildAndPushDockerRegistry", "repo: quay.io/a/b, tags: [t]"), @"
    aws Emulated, push Local: connector-assumed the local registry takes the push without the connector's login
        env: PLUGIN_REGISTRY=https://quay.io
    aws Emulated, push None: connector-assumed the image is only built, and needs no login
        env: PLUGIN_REGISTRY=https://quay.io
    aws Real, push Local: connector-assumed the local registry takes the push without the connector's login
        env: PLUGIN_REGISTRY=https://quay.io
    aws Real, push Real: unknown-connector its login is needed here
    aws Off, push Real: unknown-connector its login is needed here
    ");
    assert_snapshot!(table("BuildAndPushDockerRegistry", "repo: a/b, tags: [t]"), @"
    aws Emulated, push Local: connector-assumed the local registry takes the push without the connector's login
        env: PLUGIN_REGISTRY=https://index.docker.io/v1/
    aws Emulated, push None: connector-assumed the image is only built, and needs no login
        env: PLUGIN_REGISTRY=https://index.docker.io/v1/
    aws Real, push Local: connector-assumed the local registry takes the push without the connector's login
        env: PLUGIN_REGISTRY=https://index.docker.io/v1/
    aws Real, push Real: unknown-connector its login is needed here
    aws Off, push Real: unknown-connector its login is needed here
    ");
}

#[test]
fn a_push_to_googles_and_azures_registries() {
    assert_snapshot!(table("BuildAndPushGAR", "host: eu-docker.pkg.dev, projectID: p, imageName: shop, tags: [t]"), @"
    aws Emulated, push Local: connector-assumed the local registry takes the push without the connector's login
        env: PLUGIN_REGISTRY=eu-docker.pkg.dev/p
    aws Emulated, push None: connector-assumed the image is only built, and needs no login
        env: PLUGIN_REGISTRY=eu-docker.pkg.dev/p
    aws Real, push Local: unknown-connector its login is needed here
        env: PLUGIN_REGISTRY=eu-docker.pkg.dev/p
    aws Real, push Real: unknown-connector its login is needed here
        env: PLUGIN_REGISTRY=eu-docker.pkg.dev/p
    aws Off, push Real: unknown-connector its login is needed here
        env: PLUGIN_REGISTRY=eu-docker.pkg.dev/p
    ");
    assert_snapshot!(table("BuildAndPushACR", "repository: r.azurecr.io/a, tags: [t]"), @"
    aws Emulated, push Local: connector-assumed the local registry takes the push without the connector's login
        env: CLIENT_ID=cirun
        env: CLIENT_SECRET=not-a-secret
        env: PLUGIN_REGISTRY=r.azurecr.io
    aws Emulated, push None: connector-assumed the image is only built, and needs no login
        env: PLUGIN_REGISTRY=r.azurecr.io
    aws Real, push Local: unknown-connector its login is needed here
        env: PLUGIN_REGISTRY=r.azurecr.io
    aws Real, push Real: unknown-connector its login is needed here
        env: PLUGIN_REGISTRY=r.azurecr.io
    aws Off, push Real: unknown-connector its login is needed here
        env: PLUGIN_REGISTRY=r.azurecr.io
    ");
}

#[test]
fn a_store() {
    assert_snapshot!(table("SaveCacheS3", "region: us-east-1, bucket: b, key: k, sourcePaths: [a]"), @"
    aws Emulated, push Local: connector-assumed the files stay on this machine, and need no login
        env: PLUGIN_CACHE_KEY=k
    aws Emulated, push None: connector-assumed the files stay on this machine, and need no login
        env: PLUGIN_CACHE_KEY=k
    aws Real, push Local: connector-assumed the files stay on this machine, and need no login
        env: PLUGIN_CACHE_KEY=k
    aws Real, push Real: connector-assumed your own AWS identity signs in, as the delegate would
        env: PLUGIN_CACHE_KEY=k
        env: AWS_ACCESS_KEY_ID=AKIADELEGATE
        env: AWS_SECRET_ACCESS_KEY=***
    aws Off, push Real: connector-assumed the step gets no credentials
        env: PLUGIN_CACHE_KEY=k
    ");
    assert_snapshot!(table("GCSUpload", "bucket: b, sourcePath: a"), @"
    aws Emulated, push Local: connector-assumed the files stay on this machine, and need no login
    aws Emulated, push None: connector-assumed the files stay on this machine, and need no login
    aws Real, push Local: connector-assumed the files stay on this machine, and need no login
    aws Real, push Real: unknown-connector its login is needed here
    aws Off, push Real: unknown-connector its login is needed here
    ");
    assert_snapshot!(table("ArtifactoryUpload", "target: t, sourcePath: a"), @"
    aws Emulated, push Local: connector-assumed the files stay on this machine, and need no login
    aws Emulated, push None: connector-assumed the files stay on this machine, and need no login
    aws Real, push Local: connector-assumed the files stay on this machine, and need no login
    aws Real, push Real: unknown-connector its login is needed here
    aws Off, push Real: unknown-connector its login is needed here
    ");
}

#[test]
fn the_local_registry_takes_the_push_without_a_login() {
    for spec in ["repo: a/b, tags: [t]", "repo: quay.io/a/b, tags: [t]"] {
        let outcome = plan(&step("BuildAndPushDockerRegistry", spec), MODES[0]);
        let target = &outcome.planned.targets[0];
        assert_eq!((target.access, target.is_open()), (Access::Assumed, true), "{spec}");
        assert_eq!(target.login, None, "no other registry is logged in to");
    }
}

/// A connector with several purposes has one diagnostic, with a text for each purpose.
#[test]
fn one_identifier_is_reported_once() {
    let steps = step("Run", "image: a:1, command: x")
        + &step("Run", "image: b:1, command: x").replace("identifier: s", "identifier: t")
        + &step("GitClone", "repoName: r, build: {type: branch, spec: {branch: main}}")
            .replace("identifier: s", "identifier: u");
    let outcome = plan(&steps, MODES[0]);
    let found: Vec<_> = outcome.planned.parity.iter().filter(|found| found.code == "connector-assumed").collect();
    let labels: Vec<&str> = found.iter().flat_map(|found| &found.labels).map(|label| label.text.as_str()).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(
        labels,
        [
            "the image is pulled with your own `docker login`, or without a login",
            "and here",
            "the repository is cloned without a login"
        ]
    );
}

#[test]
fn the_help_is_a_connector_to_write() {
    for (kind, spec) in [
        ("Run", "image: a:1, command: x"),
        ("GitClone", "repoName: r, build: {type: branch, spec: {branch: main}}"),
        ("BuildAndPushECR", "region: us-east-1, account: \"123456789012\", imageName: shop, tags: [t]"),
        ("BuildAndPushGAR", "host: eu-docker.pkg.dev, projectID: p, imageName: shop, tags: [t]"),
        ("BuildAndPushACR", "repository: r.azurecr.io/shop, tags: [t]"),
        ("ArtifactoryUpload", "target: t, sourcePath: a"),
    ] {
        let outcome = plan(&step(kind, spec), MODES[0]);
        let found = outcome.planned.parity.iter().find(|found| found.code == "connector-assumed").expect(kind);
        let document = found.help.as_ref().and_then(|help| help.split('`').nth(1)).expect("a document in the help");
        let mut sources = Sources::default();
        let id = sources.add("away.yaml", document);
        let parsed = parse_documents(&sources, id);
        let connector = lower_connector(parsed.tree[0].body().expect("a body"));
        assert_eq!((parsed.diagnostics.len(), &*connector.diagnostics), (0, &[][..]), "{document}");
        assert_eq!(connector.tree.expect("a connector").identifier.value, "away");
    }
}

#[test]
fn harness_images_is_built_in() {
    let push = step(
        "BuildAndPushDockerRegistry",
        "repo: quay.io/a/b, tags: [t], baseImageConnectorRefs: [account.harnessImage]",
    );
    let outcome = plan(&push.replace("org.away", "account.harnessImage"), MODES[0]);
    assert_snapshot!(render(&outcome), @"
    s BuildAndPushDockerRegistry
      image: plugins/kaniko:1.13.3
      env: PLUGIN_REPO=quay.io/a/b
      env: PLUGIN_TAGS=t
      env: PLUGIN_SNAPSHOT_MODE=redo
      env: PLUGIN_BASE_IMAGE_REGISTRY=https://index.docker.io/v1/
      env: PLUGIN_REGISTRY=https://index.docker.io/v1/
    ");
    assert_eq!(outcome.planned.targets[0].access, Access::Anonymous);
    let ecr = step("BuildAndPushECR", "region: us-east-1, account: \"123456789012\", imageName: shop, tags: [t]");
    assert_snapshot!(diagnostics(&plan(&ecr.replace("org.away", "account.harnessImage"), MODES[0])), @"
    error[wrong-connector-type] `account.harnessImage` is not a connector of type `Aws`
      at `account.harnessImage`: cirun pulls images from Docker Hub, without a login
    ");
}

/// The null value has been reported; there is no second diagnostic about a connector `null`.
#[test]
fn an_expression_without_a_value_is_reported_once() {
    let outcome =
        plan(&step("Run", "image: a:1, command: x").replace("org.away", "<+pipeline.variables.hub>"), MODES[0]);
    assert_snapshot!(diagnostics(&outcome), @"
    warning[unresolved-expression] `pipeline.variables.hub` does not resolve
      at `<+pipeline.variables.hub>`: becomes the text `null`, as in the CI service
      help: correct the name, or set a local value with `--var pipeline.variables.hub=VALUE`
    ");
}
