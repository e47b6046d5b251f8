//! The event stream of a run.

use std::{fs, path::Path};

use serde_json::Value;

/// The events of a run, in order.
#[derive(Debug)]
pub(crate) struct Events(Vec<Value>);

impl Events {
    /// Reads a file with one JSON object per line.
    #[track_caller]
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let events =
            text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
        Self(events.collect())
    }

    /// The events of one type.
    pub(crate) fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |event| event["type"] == kind)
    }

    /// The only event of a type about a step, by its path below the stage.
    #[track_caller]
    pub(crate) fn one(&self, kind: &str, step: &str) -> &Value {
        let found: Vec<_> = self.of(kind).filter(|event| below_stage(event) == step).collect();
        assert_eq!(found.len(), 1, "{kind} of {step}: {found:?}");
        found[0]
    }

    /// Steps (not services) and their outcomes, in the order in which they finished: `a succeeded, b failed 3`.
    pub(crate) fn outcomes(&self) -> String {
        let one = |event: &Value| {
            let code = match &event["exit_code"] {
                Value::Number(code) if code.as_i64() != Some(0) => format!(" {code}"),
                _ => String::new(),
            };
            format!("{} {}{code}", below_stage(event), event["outcome"].as_str().unwrap())
        };
        let is_service = |event: &&Value| self.of("service_started").any(|service| service["step"] == event["step"]);
        self.of("step_finished").filter(|event| !is_service(event)).map(one).collect::<Vec<_>>().join(", ")
    }

    /// The lines that a step printed.
    pub(crate) fn output(&self, step: &str) -> Vec<&str> {
        let lines = self.of("step_output").filter(|event| below_stage(event) == step);
        lines.map(|event| event["line"].as_str().unwrap()).collect()
    }

    /// The outcome and exit code of the run.
    #[track_caller]
    pub(crate) fn end(&self) -> (String, i64) {
        let last = self.0.last().expect("there are events");
        assert_eq!(last["type"], "run_finished");
        (last["outcome"].as_str().unwrap().to_owned(), last["exit_code"].as_i64().unwrap())
    }

    /// The run's id.
    pub(crate) fn run(&self) -> &str {
        self.0[0]["run"].as_str().expect("the first event names the run")
    }

    /// The position of the first event of that type about that step.
    #[track_caller]
    pub(crate) fn position(&self, kind: &str, step: &str) -> usize {
        let found = self.0.iter().position(|event| event["type"] == kind && below_stage(event) == step);
        found.unwrap_or_else(|| panic!("no {kind} of {step}"))
    }
}

/// The path of an event's step without its stage; empty without a step.
pub(crate) fn below_stage(event: &Value) -> &str {
    let path = event["step"].as_str().unwrap_or_default();
    path.split_once('.').map_or("", |(_, below)| below)
}
