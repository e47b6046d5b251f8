//! The event stream.

use cirun_report::{JsonSink, Sink, read_event};
use insta::assert_snapshot;

use crate::{Closed, script, written};

#[test]
fn every_event_type() {
    let lines = written(&script::every_type(), |out| Box::new(JsonSink::new(out)));
    assert_snapshot!(lines, @r#"
    {"type":"run_started","time":"2026-03-02T09:30:00.125Z","run":"20260302-7f3a","pipeline":"shop","version":"0.1.0","profile":"vm","stages":[{"stage":"build","steps":3},{"stage":"scan","steps":1}]}
    {"type":"diagnostic","time":"2026-03-02T09:30:00.125Z","code":"no-clone","severity":"warning","message":"the workspace has 3 modified files","step":null}
    {"type":"image_pull","time":"2026-03-02T09:30:00.125Z","image":"redis:7.2","state":"present","current":null,"total":null,"reason":null}
    {"type":"image_pull","time":"2026-03-02T09:30:00.125Z","image":"redis:7.2","state":"started","current":null,"total":null,"reason":null}
    {"type":"image_pull","time":"2026-03-02T09:30:00.125Z","image":"redis:7.2","state":"progress","current":10,"total":40,"reason":null}
    {"type":"image_pull","time":"2026-03-02T09:30:00.125Z","image":"redis:7.2","state":"done","current":null,"total":null,"reason":null}
    {"type":"image_pull","time":"2026-03-02T09:30:00.125Z","image":"redis:7.2","state":"failed","current":null,"total":null,"reason":"no such manifest"}
    {"type":"stage_started","time":"2026-03-02T09:30:00.125Z","stage":"build"}
    {"type":"service_started","time":"2026-03-02T09:30:00.126Z","step":"build.redis","addresses":["redis:6379"]}
    {"type":"service_ready","time":"2026-03-02T09:30:00.126Z","step":"build.redis","after_ms":4250}
    {"type":"service_exited","time":"2026-03-02T09:30:00.126Z","step":"build.redis","exit_code":137,"reason":"killed","tail":["bye"]}
    {"type":"step_started","time":"2026-03-02T09:30:00.126Z","step":"build.tests.unit","step_type":"Run","attempt":1}
    {"type":"step_output","time":"2026-03-02T09:30:00.126Z","step":"build.tests.unit","stream":"stderr","line":"tab\t\u001b[31mred\u001b[0m \"quoted\" é"}
    {"type":"step_finished","time":"2026-03-02T09:30:00.126Z","step":"build.tests.unit","outcome":"timed_out","exit_code":null,"reason":null,"elapsed_ms":600000,"outputs":{"VERSION":"1.4.2","TOKEN":"***"},"tests":null,"tail":[]}
    {"type":"step_finished","time":"2026-03-02T09:30:02.425Z","step":"build.checks.unit","outcome":"failed","exit_code":1,"reason":null,"elapsed_ms":2300,"outputs":{},"tests":{"total":12,"passed":9,"failed":2,"skipped":1,"duration_ms":2110,"failures":[{"case":"catalog › test_price","message":"ConnectionError: <refused> & gone\nat line 3"},{"case":"catalog › test_stock","message":""}]},"tail":["FAILED tests/test_catalog.py::test_price - ConnectionError","[Errno 111] Connection refused","2 failed, 9 passed, 1 skipped in 2.11s"]}
    {"type":"stage_finished","time":"2026-03-02T09:30:05.126Z","stage":"build","outcome":"failed","elapsed_ms":5000}
    {"type":"run_finished","time":"2026-03-02T09:30:05.126Z","outcome":"aborted","exit_code":130,"elapsed_ms":5000}
    "#);
}

#[test]
fn what_is_written_can_be_read_back() {
    let lines = written(&script::every_type(), |out| Box::new(JsonSink::new(out)));
    let events: Vec<_> = lines.lines().map(|line| read_event(line).unwrap().expect("a known type")).collect();
    assert_eq!(written(&events, |out| Box::new(JsonSink::new(out))), lines);
}

#[test]
fn every_event_is_one_json_object_on_one_line() {
    let events = script::failing();
    let lines = written(&events, |out| Box::new(JsonSink::new(out)));
    let objects: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), events.len());
    assert!(objects.iter().all(|object| object["time"].is_string() && object["type"].is_string()));
}

#[test]
fn a_closed_pipe_is_an_error() {
    let error = JsonSink::new(Closed).consume(&script::failing()[0]).unwrap_err();
    assert_eq!(error.to_string(), "cannot write the event stream");
}

/// docs/events.md lists exactly the fields of each type's objects.
#[test]
fn the_documented_fields_are_the_real_ones() {
    use std::collections::{BTreeMap, BTreeSet};

    let document = include_str!("../../../../docs/events.md");
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in document.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        documented.entry(cells[1].to_owned()).or_default().insert(cells[2].to_owned());
    }
    let mut real: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in written(&script::every_type(), |out| Box::new(JsonSink::new(out))).lines() {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let fields = object.keys().filter(|key| !matches!(key.as_str(), "time" | "type")).cloned();
        real.entry(object["type"].as_str().unwrap().to_owned()).or_default().extend(fields);
    }
    assert_eq!(documented, real);
}
