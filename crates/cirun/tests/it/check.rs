//! `cirun check`.

use insta::assert_snapshot;
use serde_json::Value;

use super::support::{Stage, TestEnvironment, run_step};

/// An error, a warning and a difference from CI.
fn doubtful() -> TestEnvironment {
    let step = run_step("a", "echo <+pipeline.variables.missing>").replace("type: Run", "type: Runn");
    TestEnvironment::pipeline(Stage::kubernetes().step(&step).pipeline())
}

#[test]
fn the_examples_are_clean() {
    let environment = TestEnvironment::example("shop");
    assert_snapshot!(environment.cirun(&["check", "pipeline.yaml", "pipeline-vm.yaml"]).exits(0), @"
    --- stderr
    pipeline.yaml: 0 errors, 0 warnings, 0 differences from CI
    own-daemon

      ☞ `push` starts a daemon of its own: CI uses the machine's
         ╭─[pipeline-vm.yaml:128:31]
     127 │                   name: push
     128 │                   identifier: push
         ·                               ──┬─
         ·                                 ╰── the machine's daemon does not look for `base-image` in the local registry
     129 │                   type: BuildAndPushECR
         ╰────
    pipeline-vm.yaml: 0 errors, 0 warnings, 1 difference from CI
    --- exit status: 0
    ");
    let hello = TestEnvironment::example("hello");
    assert_snapshot!(hello.cirun(&["check", "pipeline.yaml"]).exits(0), @r"
    --- stderr
    pipeline.yaml: 0 errors, 0 warnings, 0 differences from CI
    --- exit status: 0
    ");
}

#[test]
fn human() {
    assert_snapshot!(doubtful().cirun(&["check", "ci.yaml"]).exits(3), @"
    --- stderr
    unknown-step-type

      × unknown step type `Runn`
        ╭─[ci.yaml:22:25]
     21 │                   identifier: a
     22 │                   type: Runn
        ·                         ──┬─
        ·                           ╰── no such step type
     23 │                   spec:
        ╰────
      help: did you mean `Run`?
    step-not-run

      ☞ `a` is skipped: its type is not known
        ╭─[ci.yaml:22:25]
     21 │                   identifier: a
     22 │                   type: Runn
        ·                         ──┬─
        ·                           ╰── CI runs this step
     23 │                   spec:
        ╰────
    ci.yaml: 1 error, 0 warnings, 1 difference from CI
    --- exit status: 3
    ");
}

#[test]
fn json() {
    let output = doubtful().cirun(&["check", "ci.yaml", "--format", "json"]).exits(3);
    assert_snapshot!(output, @r#"
    --- stdout
    {"code":"unknown-step-type","severity":"error","message":"unknown step type `Runn`","labels":[{"file":"ci.yaml","line":22,"column":25,"text":"no such step type"}],"help":"did you mean `Run`?"}
    {"code":"step-not-run","severity":"parity","message":"`a` is skipped: its type is not known","labels":[{"file":"ci.yaml","line":22,"column":25,"text":"CI runs this step"}],"help":null}
    --- exit status: 3
    "#);
}

#[test]
fn sarif() {
    let sarif = doubtful().cirun(&["check", "ci.yaml", "--format", "sarif"]).exits(3).json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert!(rules.contains(&&result["ruleId"]), "{} is no rule", result["ruleId"]);
    }
    assert_snapshot!(serde_json::to_string_pretty(&results[0]).unwrap(), @r#"
    {
      "ruleId": "unknown-step-type",
      "level": "error",
      "message": {
        "text": "unknown step type `Runn`\ndid you mean `Run`?"
      },
      "locations": [
        {
          "physicalLocation": {
            "artifactLocation": {
              "uri": "ci.yaml"
            },
            "region": {
              "startLine": 22,
              "startColumn": 25
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn a_code_is_explained() {
    let environment = TestEnvironment::new();
    assert_snapshot!(environment.cirun(&["check", "--explain", "unknown-step-type"]).exits(0), @r"
    --- stdout
    unknown-step-type (error)

    no such step type

    The type of a step decides what it does. It is case-sensitive.
    --- exit status: 0
    ");
    let of_a_run = environment.cirun(&["check", "--explain", "service-race"]).exits(0);
    assert!(of_a_run.stdout.starts_with("service-race (parity)\n\na service was not ready"), "{of_a_run}");
    let unknown = environment.cirun(&["check", "--explain", "no-such-code"]).exits(2);
    assert!(unknown.stderr.starts_with("error: there is no diagnostic `no-such-code`\n help: "), "{unknown}");
}

#[test]
fn programs_are_told_too_what_is_no_pipeline() {
    let environment = TestEnvironment::new().file("ci.yaml", "pipeline: [\n");
    let output = environment.cirun(&["check", "ci.yaml", "--format", "json"]).exits(3);
    let codes: Vec<Value> =
        output.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["code"].clone()).collect();
    assert!(codes.contains(&"yaml-syntax".into()), "{output}");
    let empty = TestEnvironment::new().file("ci.yaml", "").cirun(&["check", "ci.yaml", "--format", "json"]).exits(3);
    assert_snapshot!(empty, @r#"
    --- stdout
    {"code":"empty-document","severity":"error","message":"there is no document in this text","labels":[{"file":"ci.yaml","line":1,"column":1,"text":""}],"help":null}
    --- exit status: 3
    "#);
}
