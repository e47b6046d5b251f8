//! `cirun check`.

mod fragments;

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
    a run asks for consent first: 1 image in place of a plugin's; `cirun local` lists them, `--trust` allows them
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
    a run asks for consent first: 8 steps with the engine's socket, 1 privileged container, 1 image in place of a plugin's; `cirun local` lists them, `--trust` allows them
    --- exit status: 0
    ");
    let hello = TestEnvironment::example("hello");
    assert_snapshot!(hello.cirun(&["check", "pipeline.yaml"]).exits(0), @r"
    --- stderr
    pipeline.yaml: 0 errors, 0 warnings, 0 differences from CI
    a run asks for consent first: 2 host steps; `cirun local` lists them, `--trust` allows them
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
    ci.yaml: 1 error, 0 warnings, 0 differences from CI
    --- exit status: 3
    ");
}

#[test]
fn json() {
    let output = doubtful().cirun(&["check", "ci.yaml", "--format", "json"]).exits(3);
    assert_snapshot!(output, @r#"
    --- stdout
    {"code":"unknown-step-type","severity":"error","message":"unknown step type `Runn`","labels":[{"file":"ci.yaml","line":22,"column":25,"text":"no such step type"}],"help":"did you mean `Run`?"}
    --- exit status: 3
    "#);
}

#[test]
fn sarif() {
    let sarif = doubtful().cirun(&["check", "ci.yaml", "--format", "sarif"]).exits(3).json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let rule = rules.iter().find(|rule| rule["id"] == result["ruleId"]).expect("every result has its rule");
        assert!(rule["fullDescription"]["text"].is_string(), "{rule} explains nothing");
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
    let unknown = environment.cirun(&["check", "--explain", "mising-secret"]).exits(2);
    drop(
        unknown
            .says("error: there is no diagnostic and no rule `mising-secret`")
            .says("similar name are `missing-secret`,"),
    );
}

#[test]
fn a_rule_is_explained() {
    let environment = TestEnvironment::new();
    assert_snapshot!(environment.cirun(&["check", "--explain", "ecr.tags"]).exits(0), @"
    --- stdout
    ecr.tags

    `tags` is required. Its items, joined with commas, become `PLUGIN_TAGS`.

    Origin: the ECR task document, UI fields and inputs.
    --- exit status: 0
    ");
    let unknown = environment.cirun(&["check", "--explain", "ecr-tags"]).exits(2);
    drop(unknown.says("similar name are `ecr.tags`,"));
}

#[test]
fn json_reports_what_is_no_pipeline_too() {
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

#[test]
fn a_wrong_word_is_reported_once() {
    let step = run_step("a", "true") + "    when: {stageStatus: Sucess}\n";
    let environment = TestEnvironment::pipeline(Stage::kubernetes().step(&step).pipeline());
    assert_snapshot!(environment.cirun(&["check", "ci.yaml"]).exits(3), @"
    --- stderr
    unknown-word

      × unknown status `Sucess`
        ╭─[ci.yaml:29:39]
     28 │                       true
     29 │                   when: {stageStatus: Sucess}
        ·                                       ───┬──
        ·                                          ╰── no such status
        ╰────
      help: write `Success`, `Failure` or `All`
    ci.yaml: 1 error, 0 warnings, 0 differences from CI
    --- exit status: 3
    ");
}

#[test]
fn consequences_of_a_broken_text_are_not_reported() {
    let step = run_step("a", "true").replace("      command: |-\n", "      command: \"\n");
    let environment = TestEnvironment::pipeline(Stage::kubernetes().step(&step).pipeline());
    assert_snapshot!(environment.cirun(&["check", "ci.yaml"]).exits(3), @"
    --- stderr
    yaml-syntax

      × a quoted text does not end
        ╭─[ci.yaml:29:1]
     28 │                       true
        ╰────
      help: close the quotation mark
    ci.yaml: 1 error, 0 warnings, 0 differences from CI
    --- exit status: 3
    ");
}

/// `USER_PASSWORD` is a constant of the service; the value in YAML is another one (connectors.docker-login).
#[test]
fn a_wrong_way_to_log_in_is_reported_once() {
    let connector = "connector:\n  name: hub\n  identifier: hub\n  type: DockerRegistry\n  spec:\n    dockerRegistryUrl: https://index.docker.io/v2/\n    providerType: DockerHub\n    auth: {type: USER_PASSWORD}\n";
    let step = run_step("a", "true").replace("account.harnessImage", "hub");
    let environment =
        TestEnvironment::pipeline(Stage::kubernetes().step(&step).pipeline()).file(".harness/hub.yaml", connector);
    assert_snapshot!(environment.cirun(&["check", "ci.yaml"]).exits(3), @"
    --- stderr
    unknown-credential-type

      × unknown type of credentials `USER_PASSWORD`
       ╭─[.harness/hub.yaml:8:18]
     7 │     providerType: DockerHub
     8 │     auth: {type: USER_PASSWORD}
       ·                  ─────────────
       ╰────
      help: did you mean `UsernamePassword`?
    ci.yaml: 1 error, 0 warnings, 0 differences from CI
    --- exit status: 3
    ");
}

/// A run ignores errors that only matter when a document is saved.
#[test]
fn what_the_service_refuses_to_save() {
    let environment = TestEnvironment::pipeline(
        "pipeline:\n  identifier: p\n  name: p\n  stages:\n    - null\n    - stage:\n        identifier: s\n        type: Custom\n        spec:\n",
    );
    assert_snapshot!(environment.cirun(&["check", "ci.yaml"]).exits(3), @"
    --- stderr
    null-value

      × an item is null
       ╭─[ci.yaml:5:7]
     4 │   stages:
     5 │     - null
       ·       ──┬─
       ·         ╰── the service refuses null
     6 │     - stage:
       ╰────
      help: write a value, or remove it
    missing-field

      × the stage has no `name`
       ╭─[ci.yaml:7:9]
     6 │     - stage:
     7 │         identifier: s
       ·         ▲
       ·         ╰── in this
     8 │         type: Custom
       ╰────
      help: add `name:`, which people see
    null-value

      × `spec` is null
       ╭─[ci.yaml:9:13]
     8 │         type: Custom
     9 │         spec:
       ·             ▲
       ·             ╰── the service refuses null
       ╰────
      help: write a value, or remove it
    stage-not-run

      ☞ the stage `s` is left out
       ╭─[ci.yaml:8:15]
     7 │         identifier: s
     8 │         type: Custom
       ·               ───┬──
       ·                  ╰── a `Custom` stage is not run locally
     9 │         spec:
       ╰────
    ci.yaml: 3 errors, 0 warnings, 1 difference from CI
    --- exit status: 3
    ");
    assert_eq!(environment.cirun(&["list", "ci.yaml"]).exits(0).stdout, "");
}
