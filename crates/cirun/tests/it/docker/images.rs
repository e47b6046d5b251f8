//! Missing images end the run before anything starts.

use super::engine;
use crate::it::support::{Stage, TestEnvironment, run_step};

#[track_caller]
fn unavailable(environment: &TestEnvironment, args: &[&str]) -> String {
    let base = ["local", "ci.yaml", "--events", "e.jsonl"];
    let output = environment.cirun(&[&base, args].concat()).exits(5).says("cirun.local/none:1");
    let events = environment.events();
    assert_eq!(events.of("step_started").count() + events.of("service_started").count(), 0, "{output}");
    super::assert_nothing_left(events.run());
    output.words()
}

fn missing() -> TestEnvironment {
    let second = run_step("b", "true").replace("cirun.local/busybox:1", "cirun.local/none:1");
    engine(&Stage::kubernetes().step(&run_step("a", "true")).step(&second).pipeline())
}

#[test]
fn no_registry_has_it() {
    unavailable(&missing(), &[]);
}

#[test]
fn offline() {
    let words = unavailable(&missing(), &["--offline"]);
    assert!(words.contains("offline"), "{words}");
}

#[test]
fn never_pulled() {
    unavailable(&missing(), &["--pull", "never"]);
}
