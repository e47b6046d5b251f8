//! Inspecting a run: `--keep` and `--shell-on-failure`.

use super::engine;
use crate::it::support::{Stage, TestEnvironment, assert_nothing_left, docker, left_by, run_step, run_step_with};

const RUN: [&str; 5] = ["local", "ci.yaml", "--events", "e.jsonl", "--shell-on-failure"];

/// A stage whose first step leaves a file in its container, and fails.
fn failing(stage: Stage) -> TestEnvironment {
    let step = run_step_with("a", "echo left > /tmp/state\nexit 7", "envVariables: {COLOUR: blue}");
    engine(&stage.step(&step).step(&run_step("after", "true")).pipeline())
}

#[test]
fn a_shell_has_the_failed_steps_files_and_environment() {
    for stage in [Stage::kubernetes(), Stage::vm()] {
        let environment = failing(stage);
        let terminal = environment.at_terminal(&RUN).shows("a shell in the state of the step");
        let terminal = terminal.types("echo \"<$(cat /tmp/state) $COLOUR in $PWD>\"").shows("<left blue in /harness>");
        let (code, shown) = terminal.types("stty size; exit 3").ends();
        assert_eq!(code, Some(1), "{shown}");
        assert!(shown.contains("50 80"), "{shown}");
        let events = environment.events();
        assert_eq!(events.outcomes(), "a failed 7, after skipped");
        assert_nothing_left(events.run());
        assert_eq!(docker(&["images", "--quiet", "--filter", &format!("label=cirun.run={}", events.run())]), "");
    }
}

#[test]
fn ctrl_c_in_the_shell_is_the_shells() {
    let environment = failing(Stage::kubernetes());
    let terminal =
        environment.at_terminal(&RUN).shows("a shell in the state of the step").types("echo be''gun; sleep 1000");
    let (code, shown) = terminal.shows("begun").types("\x03").types("exit").ends();
    assert_eq!(code, Some(1), "{shown}");
    assert_nothing_left(environment.events().run());
}

#[test]
fn kept_things_stay_until_they_are_cleaned() {
    let environment = failing(Stage::kubernetes());
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--keep"]).exits(1).says("cirun clean --run"));
    let run = environment.events().run().to_owned();
    let step = docker(&["ps", "-aq", "--filter", &format!("label=cirun.run={run}"), "--filter", "label=cirun.step=a"]);
    assert_eq!(docker(&["cp", &format!("{}:/tmp/state", step.trim()), "-"]).matches("left").count(), 1);
    // The next run removes what killed runs left, and this one was not killed.
    drop(environment.cirun(&["local", "ci.yaml"]).exits(1));
    assert!(!left_by(&run).is_empty());
    let listed = environment.cirun(&["ps"]).exits(0).to_string();
    assert!(listed.contains("kept"), "{listed}");
    drop(environment.cirun(&["clean", "--run", &run]).exits(0).says("removed"));
    assert_nothing_left(&run);
}
