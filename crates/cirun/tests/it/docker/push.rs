//! Pushes that go wrong, and where they go.

use crate::it::support::{Events, TestEnvironment, assert_nothing_left};

/// The example's push alone, of an image from scratch.
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
