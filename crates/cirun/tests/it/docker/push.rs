//! Failed pushes, and the targets of pushes.

use crate::it::support::{Events, Stage, TestEnvironment, assert_nothing_left};

/// The example's push of an image from scratch, without the other steps.
fn push() -> TestEnvironment {
    let environment = TestEnvironment::shop();
    environment
        .file("Dockerfile", "FROM scratch\nCOPY VERSION /\n")
        .edit(".cirun.toml", "create-repository = true", "")
        .edit("pipeline.yaml", "- <+steps.version.output.outputVariables.IMAGE_TAG>\n", "- v1\n")
        .edit("pipeline.yaml", "RELEASE: <+steps.version.output.outputVariables.IMAGE_TAG>", "RELEASE: v1")
}

#[track_caller]
fn run(environment: &TestEnvironment, args: &[&str], code: i32) -> Events {
    let base = ["local", "pipeline.yaml", "--step", "push", "--events", "e.jsonl"];
    drop(environment.cirun(&[&base, args].concat()).exits(code));
    let events = environment.events();
    assert_nothing_left(events.run());
    events
}

#[test]
fn to_a_repository_that_does_not_exist() {
    // A name of its own: repositories outlive runs.
    let name = format!("imageName: it-{}", std::process::id());
    let environment = push().edit("pipeline.yaml", "imageName: shop", &name);
    let events = run(&environment, &[], 1);
    let said = events.output("push").join("\n").to_lowercase().replace('_', " ");
    assert!(said.contains("name unknown"), "{said}");
    let events = run(&environment, &["--create-repository"], 0);
    assert!(events.one("step_finished", "push")["outputs"]["digest"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn nowhere() {
    let environment = push();
    let events = run(&environment, &["--push", "none"], 0);
    assert_eq!(events.one("step_finished", "push")["outcome"], "succeeded");
    let log = std::fs::read_to_string(environment.record().join("emulator/requests.jsonl")).unwrap_or_default();
    assert!(!log.contains("PutManifest"), "{log}");
}

/// Tests and deployments run the image that the build pushed: by its production name, from the local registry.
#[test]
fn a_later_step_runs_in_the_pushed_image() {
    let registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
    let name = format!("it-run-{}", std::process::id());
    let push = format!(
        "- step:\n    type: BuildAndPushECR\n    identifier: push\n    name: push\n    spec:\n      connectorRef: aws\n      \
         account: \"123456789012\"\n      region: us-east-1\n      imageName: {name}\n      tags: [v1]\n"
    );
    let image = format!("{registry}/{name}:v1");
    let stage = Stage::kubernetes().step(&push).step(&format!(
        "- step:\n    type: Run\n    identifier: use\n    name: use\n    spec:\n      connectorRef: aws\n      image: {image}\n      \
         shell: Sh\n      command: cat /MADE\n"
    ));
    let environment = TestEnvironment::pipeline(stage.pipeline())
        .file("Dockerfile", format!("FROM {registry}/base/busybox:1\nCOPY MADE /\n"))
        .file("MADE", "in this run\n")
        .file(".cirun.toml", TestEnvironment::example("shop").read(".cirun.toml"))
        .file("secrets.env", TestEnvironment::example("shop").read("secrets.env"))
        .with_engine();
    let _name = Untag(image);
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--create-repository"]).exits(0));
    assert_eq!(environment.events().output("use"), ["in this run"]);
}

/// With `cacheTo`, buildx starts BuildKit in a container of its own, without the stage's names and certificates.
fn with_a_cache(stage: Stage) {
    let registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
    let push = format!(
        "- step:\n    type: BuildAndPushECR\n    identifier: push\n    name: push\n    spec:\n      connectorRef: aws\n      \
         account: \"123456789012\"\n      region: us-east-1\n      imageName: it-cache\n      tags: [v1]\n      caching: true\n      \
         cacheTo: type=registry,ref={registry}/it-cache:cache\n"
    );
    let environment = TestEnvironment::pipeline(stage.step(&push).pipeline())
        .file("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
        .file(".cirun.toml", TestEnvironment::example("shop").read(".cirun.toml"))
        .file("secrets.env", TestEnvironment::example("shop").read("secrets.env"))
        .with_engine();
    let output = environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--create-repository"]).exits(0);
    drop(output.says("`push` starts BuildKit in a container of its own"));
    assert!(environment.events().output("push").join("\n").contains(&format!("pushed {registry}/it-cache:v1 sha256:")));
}

#[test]
fn with_a_cache_in_a_pod() {
    with_a_cache(Stage::kubernetes());
}

#[test]
fn with_a_cache_on_a_vm() {
    with_a_cache(Stage::vm());
}

const ECR_BASE: &str = "210987654321.dkr.ecr.ap-south-2.amazonaws.com/base:it";

/// Base images of builds, from any registry, even if no step pushes there; one of them requires a login.
#[test]
fn base_images_are_those_of_the_settings() {
    let push = "- step:\n    type: BuildAndPushECR\n    identifier: push\n    name: push\n    spec:\n      connectorRef: aws\n      \
                account: \"123456789012\"\n      region: us-east-1\n      imageName: it-base\n      tags: [v1]\n      \
                baseImageConnectorRefs: [bases]\n";
    let from = |names: &[&str]| {
        let stages: String = names.iter().enumerate().map(|(n, name)| format!("FROM {name} AS s{n}\n")).collect();
        format!("{stages}FROM scratch\nCOPY --from=s0 /bin/busybox /\n")
    };
    let names = ["alpine:it", "cirun-it/base", "registry.cirun-it.example:5443/team/base:2", ECR_BASE];
    let bases: String = names.iter().map(|name| format!("\"{name}\" = \"cirun.local/busybox:1\"\n")).collect();
    let connector = "connector:\n  name: bases\n  identifier: bases\n  type: DockerRegistry\n  spec:\n    \
                     providerType: Other\n    dockerRegistryUrl: https://registry.cirun-it.example:5443\n    auth:\n      type: UsernamePassword\n      \
                     spec: {username: reader, passwordRef: aws_secret_key}\n";
    let shop = TestEnvironment::example("shop").read(".cirun.toml");
    let settings = match shop.contains("[base-image]") {
        true => shop.replace("[base-image]\n", &format!("[base-image]\n{bases}")),
        false => format!("{shop}\n[base-image]\n{bases}"),
    };
    // kaniko-ecr logs in to every ECR registry of a build's base images, the other plugins only to the one that they
    // push to.
    for (stage, names) in [(Stage::kubernetes(), &names[..]), (Stage::vm(), &names[..3])] {
        let environment = TestEnvironment::pipeline(stage.step(push).pipeline())
            .file("Dockerfile", from(names))
            .file(".harness/bases.yaml", connector)
            .file(".cirun.toml", &settings)
            .file("secrets.env", TestEnvironment::example("shop").read("secrets.env"))
            .with_engine();
        drop(environment.cirun(&["local", "ci.yaml", "--create-repository"]).exits(0));
    }
}

/// Removes an image's name from the engine when the test ends, in whatever way.
struct Untag(String);

impl Drop for Untag {
    fn drop(&mut self) {
        drop(std::process::Command::new("docker").args(["image", "rm", &self.0]).output());
    }
}
