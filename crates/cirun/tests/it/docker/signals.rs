//! Ctrl-C, SIGTERM and SIGKILL: nothing is left, at once or after the next start.

use rustix::process::Signal;

use super::engine;
use crate::it::support::{Running, Stage, TestEnvironment, assert_nothing_left, docker, left_by, run_step, until};

/// A run in the middle of its step, which ignores SIGTERM.
fn stubborn() -> (TestEnvironment, Running) {
    let stage =
        Stage::kubernetes().step(&run_step("long", "trap '' TERM INT\necho begun\nwhile true; do sleep 1; done"));
    let environment = engine(&stage.step(&run_step("after", "true")).pipeline());
    let running = begun(&environment);
    (environment, running)
}

fn begun(environment: &TestEnvironment) -> Running {
    begun_with(environment, &[])
}

fn begun_with(environment: &TestEnvironment, args: &[&str]) -> Running {
    let running = environment.start(&[&["local", "ci.yaml", "--events", "e.jsonl"], args].concat());
    until("the step prints", || {
        let events = std::fs::read_to_string(environment.workspace().join("e.jsonl")).unwrap_or_default();
        events.contains("\"begun\"")
    });
    running
}

#[test]
fn interrupted() {
    let stage = Stage::kubernetes().step(&run_step("long", "echo begun; sleep 1000")).step(&run_step("after", "true"));
    let environment = engine(&stage.pipeline());
    let running = begun(&environment);
    running.signal(Signal::INT);
    let output = running.wait().exits(130);
    let events = environment.events();
    assert_eq!(events.one("step_finished", "long")["outcome"], "aborted", "{output}");
    assert_eq!(events.end(), ("aborted".to_owned(), 130));
    assert_nothing_left(events.run());
}

/// A dry run, because other runs also have objects on the engine.
#[test]
fn cleaning_leaves_a_run_alone_that_is_under_way() {
    let (environment, running) = stubborn();
    let run = environment.events().run().to_owned();
    let output = environment.cirun(&["clean", "--dry-run"]).exits(0).says(&format!("run {run} is in progress"));
    assert!(!output.stdout.contains(&run), "{output}");
    let output = environment.cirun(&["clean", "--dry-run", "--run", &run]).exits(0);
    assert!(output.stdout.contains(&run), "{output}");
    running.signal(Signal::INT);
    until("the first signal is heard", || running.said("stopping"));
    running.signal(Signal::INT);
    drop(running.wait().exits(130));
}

#[test]
fn interrupted_twice() {
    let (environment, running) = stubborn();
    running.signal(Signal::INT);
    until("the first signal is heard", || running.said("stopping"));
    running.signal(Signal::INT);
    drop(running.wait().exits(130));
    assert_nothing_left(environment.events().run());
}

#[test]
fn terminated() {
    let (environment, running) = stubborn();
    running.signal(Signal::TERM);
    until("the first signal is heard", || running.said("stopping"));
    running.signal(Signal::TERM);
    drop(running.wait().exits(143));
    assert_nothing_left(environment.events().run());
}

#[test]
fn killed() {
    let (environment, running) = stubborn();
    let run = environment.events().run().to_owned();
    running.signal(Signal::KILL);
    drop(running.wait());
    assert!(!left_by(&run).is_empty(), "no run has cleaned up yet");
    let next = engine(&Stage::kubernetes().step(&run_step("a", "true")).pipeline());
    drop(super::run(&next, &[], 0));
    // Any run on this machine may have done it, including a concurrent test.
    assert_nothing_left(&run);
}

/// Neither the step that runs nor the one whose turn has not come.
#[test]
fn no_process_stays_behind_a_gate() {
    let stage = Stage::kubernetes().step(&run_step("long", "trap '' TERM\necho begun; sleep 1000"));
    let environment = engine(&stage.step(&run_step("after", "true")).pipeline());
    let running = begun_with(&environment, &["--isolation", "gate"]);
    let run = environment.events().run().to_owned();
    let label = format!("label=cirun.run={run}");
    let steps = ["ps", "--quiet", "--filter", &label, "--filter", "label=cirun.role=step"];
    until("the next step is prepared", || docker(&steps).lines().count() == 2);
    running.signal(Signal::KILL);
    drop(running.wait());
    until("the gates end", || docker(&steps).is_empty());
    let next = engine(&Stage::kubernetes().step(&run_step("a", "true")).pipeline());
    drop(super::run(&next, &[], 0));
    assert_nothing_left(&run);
}
