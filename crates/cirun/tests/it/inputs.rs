//! Runtime inputs: missing ones, `--input`, input sets.

use insta::assert_snapshot;

use super::support::{Stage, TestEnvironment, indent};

fn environment() -> TestEnvironment {
    let command = "echo \"<+pipeline.variables.who>, <+pipeline.variables.level>\"";
    let step = format!(
        "- step:\n    name: greet\n    identifier: greet\n    type: Run\n    spec:\n      shell: Sh\n      command: |-\n{}",
        indent(command, 8)
    );
    let stage =
        Stage::cloud().variable("who", "<+input>").variable("level", "<+input>.allowedValues(low,high)").step(&step);
    let set = "inputSet:\n  name: ci\n  identifier: ci\n  pipeline:\n    identifier: it\n    variables:\n      - name: who\n        type: String\n        value: Ada\n      - name: level\n        type: String\n        value: low\n";
    TestEnvironment::new().file("ci.yaml", stage.pipeline()).file("set.yaml", set)
}

fn greeting(args: &[&str]) -> String {
    let environment = environment();
    drop(environment.cirun(&[&["local", "ci.yaml", "--events", "e.jsonl"], args].concat()).exits(0));
    environment.events().output("greet").join("\n")
}

#[test]
fn a_missing_input_ends_the_run_without_a_terminal() {
    let environment = environment();
    assert_snapshot!(environment.cirun(&["local", "ci.yaml"]).exits(3), @"
    --- stderr
    missing-input

      × no value for the runtime input `variables.who.value`
       ╭─[ci.yaml:7:14]
     6 │       type: String
     7 │       value: <+input>
       ·              ────┬───
       ·                  ╰── needs a value
     8 │     - name: level
       ╰────
      help: `--input variables.who.value=VALUE`, or an input set with `--input-set
            FILE`
    missing-input

      × no value for the runtime input `variables.level.value`
        ╭─[ci.yaml:10:14]
      9 │       type: String
     10 │       value: <+input>.allowedValues(low,high)
        ·              ────────────────┬───────────────
        ·                              ╰── needs a value
     11 │   stages:
        ╰────
      help: `--input variables.level.value=VALUE`, or an input set with
            `--input-set FILE`
    error: the pipeline has 2 errors; nothing was started
    --- exit status: 3
    ");
    assert_eq!(environment.records().len(), 0);
}

#[test]
fn check_and_list_only_note_a_missing_input() {
    let environment = environment();
    drop(environment.cirun(&["list", "ci.yaml"]).exits(0));
    let output = environment.cirun(&["check", "ci.yaml"]).exits(0).says("no value for the runtime input");
    assert!(output.stderr.contains("variables.who"), "{output}");
}

#[test]
fn input_sets_and_inputs() {
    assert_eq!(greeting(&["--input-set", "set.yaml"]), "Ada, low");
    assert_eq!(greeting(&["--input-set", "set.yaml", "--input", "variables.level=high"]), "Ada, high");
    assert_eq!(greeting(&["--input-set", "set.yaml", "--var", "who=Grace"]), "Grace, low");
    assert_eq!(greeting(&["--var", "who=Grace", "--var", "level=high"]), "Grace, high");
    let refused = environment().cirun(&["local", "ci.yaml", "--var", "who=Grace", "--var", "level=middle"]).exits(3);
    drop(refused.says("`middle` is not one of `low`, `high`").says("--var level:1:1"));
}

/// A trigger that uses the set `ci` and sets `level` itself.
fn trigger(references: &str, level: &str) -> String {
    let yaml = indent(
        &format!(
            "pipeline:\n  identifier: it\n  variables:\n    - name: level\n      type: String\n      value: {level}"
        ),
        4,
    );
    format!(
        "trigger:\n  identifier: push\n  name: push\n  orgIdentifier: default\n  projectIdentifier: local\n  pipelineIdentifier: it\n  inputSetRefs: [{references}]\n  inputYaml: |\n{yaml}"
    )
}

#[test]
fn a_trigger_gives_its_inputs() {
    let environment = environment();
    let set = environment.read("set.yaml");
    let environment = environment.file(".harness/set.yaml", set).file("trigger.yaml", trigger("ci", "high"));
    let args = ["local", "ci.yaml", "--events", "e.jsonl", "--input-set", "trigger.yaml"];
    drop(environment.cirun(&args).exits(0));
    assert_eq!(environment.events().output("greet"), ["Ada, high"]);

    let environment = environment.file("trigger.yaml", trigger("missing", "high"));
    let output = environment.cirun(&args).exits(3);
    assert!(output.stderr.contains("the trigger refers to the input set `missing`"), "{output}");

    let environment = environment.file("trigger.yaml", trigger("ci", "middle"));
    let output = environment.cirun(&args).exits(3);
    assert!(output.stderr.contains("`middle` is not one of `low`, `high`"), "{output}");
    assert!(output.stderr.contains("[trigger.yaml: inputYaml:6:14]"), "{output}");
}

#[test]
fn a_trigger_names_the_stages() {
    let stage = |id: &str| {
        format!(
            "    - stage:\n        identifier: {id}\n        name: {id}\n        type: CI\n        spec:\n          runtime: {{type: Cloud, spec: {{}}}}\n          execution:\n            steps: [{{step: {{identifier: go, name: go, type: Run, spec: {{command: pwd}}}}}}]\n"
        )
    };
    let pipeline = format!("pipeline:\n  identifier: it\n  name: it\n  stages:\n{}{}", stage("one"), stage("two"));
    let trigger = "trigger: {identifier: t, name: t, orgIdentifier: o, projectIdentifier: q, stagesToExecute: [two]}\n";
    let environment = TestEnvironment::new().file("ci.yaml", pipeline).file("trigger.yaml", trigger);
    let stages = |more: &[&str]| {
        let plan = environment
            .cirun(&[&["plan", "ci.yaml", "--format", "json", "--input-set", "trigger.yaml"], more].concat());
        let plan = plan.exits(0).json();
        let ids = plan["stages"].as_array().unwrap().iter().map(|stage| stage["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(stages(&[]), ["two"]);
    assert_eq!(stages(&["--stage", "one"]), ["one"]);
}

#[test]
fn a_value_that_is_not_allowed() {
    let environment = environment();
    let output =
        environment.cirun(&["local", "ci.yaml", "--input-set", "set.yaml", "--input", "variables.level=middle"]);
    assert_snapshot!(output.exits(3), @r"
    --- stderr
    input-not-allowed

      × `middle` is not one of `low`, `high`
       ╭─[--input variables.level:1:1]
     1 │ middle
       · ──────
       ╰────

      × and here
        ╭─[ci.yaml:10:14]
      9 │       type: String
     10 │       value: <+input>.allowedValues(low,high)
        ·              ────────────────┬───────────────
        ·                              ╰── the input is declared here
     11 │   stages:
        ╰────
    error: the pipeline has 1 error; nothing was started
    --- exit status: 3
    ");
}

#[test]
fn what_is_no_input_set() {
    let environment = environment();
    assert_snapshot!(environment.cirun(&["plan", "ci.yaml", "--input-set", "ci.yaml"]).exits(3), @r"
    --- stderr
    error: ci.yaml is no input set, overlay or trigger
    --- exit status: 3
    ");
    assert_snapshot!(environment.cirun(&["plan", "ci.yaml", "--input", "variables.whom=x"]).exits(3), @"
    --- stderr
    unknown-input-path

      × the path ends before `whom`
       ╭─[--input variables.whom:1:1]
     1 │ x
       · ─
       ╰────
      help: there is who, level
    missing-input

      × no value for the runtime input `variables.who.value`
       ╭─[ci.yaml:7:14]
     6 │       type: String
     7 │       value: <+input>
       ·              ────┬───
       ·                  ╰── needs a value
     8 │     - name: level
       ╰────
      help: `--input variables.who.value=VALUE`, or an input set with `--input-set
            FILE`
    missing-input

      × no value for the runtime input `variables.level.value`
        ╭─[ci.yaml:10:14]
      9 │       type: String
     10 │       value: <+input>.allowedValues(low,high)
        ·              ────────────────┬───────────────
        ·                              ╰── needs a value
     11 │   stages:
        ╰────
      help: `--input variables.level.value=VALUE`, or an input set with
            `--input-set FILE`
    error: the pipeline has 3 errors
    --- exit status: 3
    ");
}

/// A pipeline as the Studio writes it: most of its inputs have a value here.
const STUDIO: &str = "pipeline:
  identifier: it
  name: it
  properties: {ci: {codebase: {connectorRef: <+input>, repoName: <+input>, build: <+input>}}}
  variables:
    - {name: who, type: String, default: Ada, value: <+input>}
    - {name: more, type: String, required: false, value: <+input>}
  stages:
    - stage:
        identifier: build
        name: build
        type: CI
        spec:
          cloneCodebase: true
          infrastructure: {type: KubernetesDirect, spec: {connectorRef: <+input>, namespace: <+input>, os: Linux}}
          execution:
            steps: [{step: {identifier: s, name: s, type: Run, spec: {connectorRef: account.hub, image: \"a:1\", command: \"echo <+pipeline.variables.who>\"}}}]
    - stage:
        identifier: other
        name: other
        type: CI
        spec:
          runtime: {type: Cloud, spec: {}}
          execution: {steps: [{step: {identifier: t, name: t, type: Run, spec: {command: <+input>}}}]}
    - stage:
        identifier: lint
        name: lint
        template: {templateRef: account.lint, versionLabel: \"1\"}
    - stage:
        identifier: deploy
        name: deploy
        type: Deployment
        spec: {environment: {environmentRef: <+input>}, execution: {steps: []}}
";

#[test]
fn inputs_that_nothing_needs_are_not_demanded() {
    let environment = TestEnvironment::new().file("ci.yaml", STUDIO);
    let output = environment.cirun(&["explain", "ci.yaml", "--stage", "build", "s"]).exits(0);
    assert!(!output.stderr.contains("missing-input"), "{output}");
    let script = environment.cirun(&["plan", "ci.yaml", "--stage", "build", "--format", "json"]).exits(0);
    assert!(script.stdout.contains("echo Ada"), "{script}");
}

#[test]
fn a_template_that_is_missing_stops_its_stage_only() {
    let environment = TestEnvironment::new().file("ci.yaml", STUDIO);
    drop(environment.cirun(&["plan", "ci.yaml", "--stage", "build"]).exits(0));
    drop(environment.cirun(&["plan", "ci.yaml", "--stage", "lint"]).exits(3).says("missing-template"));
    let given = ["--input", "stages.other.spec.execution.steps.t.spec.command=pwd", "ci.yaml"];
    let listed = environment.cirun(&[&["list"], &given[..]].concat()).exits(0);
    assert!(listed.stdout.contains("build (kubernetes)") && listed.stdout.contains("other (cloud)"), "{listed}");
    let run = environment.cirun(&[&["local"], &given[..]].concat()).exits(3).says("missing-template");
    drop(run.says("--stage build --stage other"));
}

#[test]
fn the_input_sets_of_the_pipeline_are_named() {
    let environment = environment();
    let set = environment.read("set.yaml");
    let other = set.replace("identifier: it", "identifier: another");
    let environment = environment.file(".harness/set.yaml", set).file(".harness/other.yaml", other);
    let output = environment.cirun(&["local", "ci.yaml"]).exits(3);
    assert!(output.stderr.contains("`--input-set .harness/set.yaml`"), "{output}");
    assert!(!output.stderr.contains("other.yaml"), "{output}");
}
