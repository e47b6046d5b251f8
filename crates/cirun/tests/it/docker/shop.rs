//! The example of a team's Build stage, from its services to the pushed image.

use serde_json::Value;

use crate::it::support::{Events, TestEnvironment, assert_nothing_left, docker};

const STEPS: [&str; 7] = ["wait_for_services", "unit_tests", "lint", "version", "render", "push", "announce"];

fn shop(pipeline: &str) -> (TestEnvironment, Events, String) {
    // The tests run concurrently: each pushes a tag of its own.
    let version = format!("1.0-{}", pipeline.trim_end_matches(".yaml"));
    let environment = TestEnvironment::shop().file("VERSION", version);
    let output = environment.cirun(&["local", pipeline, "--events", "e.jsonl", "--junit", "j.xml"]).exits(0);
    let events = environment.events();
    let words = output.stderr;
    (environment, events, words)
}

fn succeeds(pipeline: &str) -> (TestEnvironment, Events, String) {
    let (environment, events, words) = shop(pipeline);
    for service in ["cache", "catalog"] {
        assert!(events.one("service_started", service)["addresses"].is_array());
    }
    for step in STEPS {
        let finished = events.one("step_finished", step);
        assert_eq!((&finished["outcome"], &finished["exit_code"]), (&"succeeded".into(), &0.into()), "{step}");
    }
    assert_eq!(events.outcomes().matches("succeeded").count(), STEPS.len());
    assert_eq!(events.end(), ("succeeded".to_owned(), 0));
    assert_nothing_left(events.run());
    (environment, events, words)
}

/// The addresses in the run's output for `docker pull`.
fn printed(words: &str) -> Vec<&str> {
    words.lines().filter_map(|line| line.trim().strip_prefix("docker pull ")).collect()
}

/// The image is in the registry under the plugin's digest, and the engine can pull it by the printed address.
fn image_is_there(events: &Events, words: &str) {
    let tag = events.one("step_finished", "version")["outputs"]["IMAGE_TAG"].clone();
    let tag = tag.as_str().unwrap();
    // With the output variable on kubernetes, with the artifact on vm, whose plugin writes no output.
    let announced = events.output("announce");
    let digest = announced.iter().find_map(|line| line.strip_prefix(&format!("shop:{tag} is ready, ")));
    let digest = digest.unwrap_or_else(|| panic!("{announced:?}"));
    assert!(digest.starts_with("sha256:"), "{digest}");
    let address = *printed(words).iter().find(|address| address.ends_with(&format!("/shop:{tag}"))).expect(words);
    let repository = address.strip_suffix(&format!(":{tag}")).unwrap();
    docker(&["pull", "--quiet", &format!("{repository}@{digest}")]);
    docker(&["pull", "--quiet", address]);
    let names = docker(&["image", "inspect", "--format", "{{join .RepoDigests \" \"}}", address]);
    assert!(names.contains(digest), "{names} is not {digest}");
    let environment = docker(&["image", "inspect", "--format", "{{join .Config.Env \" \"}}", address]);
    assert!(environment.contains(&format!("RELEASE={tag}")), "{environment}");
    let labels = docker(&[
        "image",
        "inspect",
        "--format",
        "{{index .Config.Labels \"org.opencontainers.image.title\"}}",
        address,
    ]);
    assert_eq!(labels.trim(), "shop");
    docker(&["image", "rm", "--force", address, &format!("{repository}@{digest}")]);
}

#[test]
fn on_kubernetes() {
    let (environment, events, words) = succeeds("pipeline.yaml");
    image_is_there(&events, &words);
    let tests = &events.one("step_finished", "unit_tests")["tests"];
    assert_eq!((&tests["total"], &tests["failed"]), (&3.into(), &0.into()));
    let junit = environment.read("j.xml");
    assert!(STEPS.iter().all(|step| junit.contains(&format!("\"{step}\""))), "{junit}");
    let [lint, unit] = ["lint", "unit_tests"].map(|step| events.position("step_started", step));
    let first_end = ["lint", "unit_tests"].map(|step| events.position("step_finished", step)).into_iter().min();
    assert!(Some(lint.max(unit)) < first_end, "both of the parallel pair start before one ends");
    let record: Value =
        serde_json::from_str(&std::fs::read_to_string(environment.record().join("plan.json")).unwrap()).unwrap();
    assert_eq!(record["pipeline"], "shop");
}

#[test]
fn on_a_vm() {
    let (_environment, events, words) = succeeds("pipeline-vm.yaml");
    image_is_there(&events, &words);
    let addresses = &events.one("service_started", "cache")["addresses"];
    let published =
        addresses.as_array().unwrap().iter().any(|address| address.as_str().unwrap().starts_with("localhost:"));
    assert!(published, "{addresses}");
}
