//! Steps with and without a gate: the same run.

use serde_json::Value;

use super::engine;
use crate::it::support::{Stage, TestEnvironment, assert_nothing_left, docker, indent, run_step};

/// What differs between two runs of a pipeline.
const OF_A_RUN: [&str; 3] = ["time", "run", "elapsed_ms"];

/// The events of a run, without its id and its times.
fn events(environment: &TestEnvironment, isolation: &str) -> Vec<Value> {
    let args = ["local", "ci.yaml", "--events", "e.jsonl", "--isolation", isolation];
    drop(environment.cirun(&args).exits(1));
    assert_nothing_left(environment.events().run());
    let lines = environment.read("e.jsonl");
    let events = lines.lines().map(|line| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        event.as_object_mut().unwrap().retain(|name, _| !OF_A_RUN.contains(&name.as_str()));
        event
    });
    events.collect()
}

fn same_events(stage: Stage) {
    let spec = |text: &str, by| indent(text, by);
    let ignored =
        spec("failureStrategies:\n  - onFailure:\n      errors: [AllErrors]\n      action:\n        type: Ignore", 4);
    let skipped = spec("when:\n  stageStatus: Failure", 4);
    let stage = stage
        .step(
            &(run_step("out", "export A=1\necho $0 $PWD\nid\nprintf last") + &spec("outputVariables:\n  - name: A", 6)),
        )
        .step(&run_step("in", "echo <+steps.out.output.outputVariables.A> >&2"))
        .step(&(run_step("ignored", "echo no >&2; exit 9") + &ignored))
        .step(&(run_step("skipped", "true") + &skipped))
        .step(&(run_step("missing", "/no/such/program") + &ignored))
        .step(&run_step("hears", "cat; umask; cd /proc/$$/fd; echo *"))
        .step(&run_step("broken", "echo oops >&2; (sleep 0.1; echo late) & exit 3"));
    let environment = engine(&stage.pipeline());
    let [gate, plain] = ["gate", "plain"].map(|isolation| events(&environment, isolation));
    for (gate, plain) in gate.iter().zip(&plain) {
        assert_eq!(gate, plain);
    }
    assert_eq!(gate.len(), plain.len());
}

#[test]
fn the_same_events_in_a_pod() {
    same_events(Stage::kubernetes());
}

#[test]
fn the_same_events_on_a_bridge() {
    same_events(Stage::cloud());
}

/// A step looks at the description of every container of its run: that of the next step is there already.
#[test]
fn the_engine_knows_no_secret_of_a_step() {
    let secret = "hunter2hunter2";
    let token = |step: String| step + &indent("envVariables:\n  TOKEN: <+secrets.getValue(\"token\")>", 6);
    let stage = Stage::kubernetes()
        .step(&token(run_step("first", "until test -e go; do sleep 0.05; done")))
        .step(&token(run_step("next", "test ${#TOKEN} = 14")));
    let environment = engine(&stage.pipeline());
    let running = environment.start(&[
        "local",
        "ci.yaml",
        "--events",
        "e.jsonl",
        "--isolation",
        "gate",
        "--secret",
        &format!("token={secret}"),
    ]);
    let containers = || {
        let text = std::fs::read_to_string(environment.workspace().join("e.jsonl")).unwrap_or_default();
        let first = text.lines().next().and_then(|line| serde_json::from_str::<Value>(line).ok());
        let Some(first) = first else { return Vec::new() };
        let label = format!("label=cirun.run={}", first["run"].as_str().unwrap());
        let ids = docker(&["ps", "--quiet", "--filter", &label, "--filter", "label=cirun.role=step"]);
        ids.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    crate::it::support::until("both containers are there", || containers().len() == 2);
    for id in containers() {
        let description = docker(&["inspect", &id]);
        assert!(description.contains("/harness") && !description.contains(secret), "{description}");
    }
    environment.write("go", "");
    drop(running.wait().exits(0));
}
