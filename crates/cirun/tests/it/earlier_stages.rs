//! What a stage takes from the outputs of the stages before it, and stages behind an approval.

use super::support::TestEnvironment;

/// A pipeline of host steps: `find` writes outputs, the stage after it is `second`.
fn pipeline(second: &str) -> String {
    format!(
        r#"pipeline:
  identifier: it
  name: it
  stages:
    - stage:
        identifier: find
        name: find
        type: CI
        spec:
          cloneCodebase: false
          runtime: {{type: Cloud, spec: {{}}}}
          execution:
            steps:
              - step:
                  identifier: look
                  name: look
                  type: Run
                  spec:
                    shell: Sh
                    command: |
                      export ITEMS=a,b
                      export COUNT=2
                    outputVariables: [{{name: ITEMS}}, {{name: COUNT}}]
{second}"#
    )
}

/// A stage that says `text`.
fn says(id: &str, more: &str, text: &str) -> String {
    format!(
        r#"    - stage:
        identifier: {id}
        name: {id}
        type: CI
{more}        spec:
          cloneCodebase: false
          runtime: {{type: Cloud, spec: {{}}}}
          execution:
            steps:
              - step:
                  identifier: say
                  name: say
                  type: Run
                  spec:
                    shell: Sh
                    command: echo "{text}"
"#
    )
}

const OUTPUTS: &str = "pipeline.stages.find.spec.execution.steps.look.output.outputVariables";

fn expanded(strategy: &str, text: &str) -> Vec<String> {
    let environment = TestEnvironment::new().file("ci.yaml", pipeline(&says("each", strategy, text)));
    let plan = environment.cirun(&["plan", "ci.yaml"]).exits(0);
    assert!(plan.stdout.contains("stage each (cloud)  decided when the stage begins: "), "{plan}");
    drop(environment.cirun(&["list", "ci.yaml"]).exits(0));
    drop(environment.cirun(&["check", "ci.yaml"]).exits(0));
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(0));
    environment.events().output("say").into_iter().map(str::to_owned).collect()
}

#[test]
fn a_matrix_from_an_earlier_stage_is_expanded_when_its_stage_begins() {
    let strategy = format!("        strategy: {{matrix: {{item: '<+{OUTPUTS}.ITEMS.split(\",\")>'}}}}\n");
    assert_eq!(expanded(&strategy, "item <+matrix.item>"), ["item a", "item b"]);
}

#[test]
fn parallelism_and_repeat_from_an_earlier_stage() {
    let strategy = format!("        strategy: {{parallelism: '<+{OUTPUTS}.COUNT>'}}\n");
    assert_eq!(expanded(&strategy, "<+strategy.iteration> of <+strategy.iterations>"), ["0 of 2", "1 of 2"]);
    let strategy = format!("        strategy: {{repeat: {{items: '<+{OUTPUTS}.ITEMS.split(\",\")>'}}}}\n");
    assert_eq!(expanded(&strategy, "<+repeat.item>"), ["a", "b"]);
}

#[test]
fn a_list_that_comes_to_nothing_fails_the_stage() {
    let strategy = format!("        strategy: {{parallelism: '<+{OUTPUTS}.ITEMS>'}}\n");
    let environment = TestEnvironment::new().file("ci.yaml", pipeline(&says("each", &strategy, "never")));
    let run = environment.cirun(&["local", "ci.yaml"]).exits(1);
    drop(run.says("`parallelism` evaluates to `a,b`, which is not a whole number"));
}

#[test]
fn a_secret_that_is_first_needed_when_its_stage_begins_is_masked() {
    let strategy = format!("        strategy: {{matrix: {{item: '<+{OUTPUTS}.ITEMS.split(\",\")>'}}}}\n");
    let stage = says("each", &strategy, "<+secrets.getValue(<+matrix.item>)>");
    let environment = TestEnvironment::new().file("ci.yaml", pipeline(&stage));
    let secrets = ["--secret", "a=hunter2hunter2", "--secret", "b=correcthorse"];
    let run = [&["local", "ci.yaml", "--events", "e.jsonl"][..], &secrets].concat();
    drop(environment.cirun(&run).exits(0));
    assert_eq!(environment.events().output("say"), [cirun_engine::MASK; 2]);
    // One that is not given is missing, and its stage does not begin.
    let run = environment.cirun(&["local", "ci.yaml", "--secret", "a=hunter2hunter2"]).exits(1);
    drop(run.says("the secret `b` has no value"));
    // Which secret the run decides cannot be masked in time.
    let step = says("late", "", "<+secrets.getValue(<+pipeline.currentStatus>)>");
    let environment = TestEnvironment::new().file("ci.yaml", pipeline(&step));
    drop(environment.cirun(&["local", "ci.yaml"]).exits(3).says("the name of a secret depends on"));
}

#[test]
fn each_instance_has_a_clean_clone_of_its_own() {
    let strategy = format!("        strategy: {{matrix: {{item: '<+{OUTPUTS}.ITEMS.split(\",\")>'}}}}\n");
    let stage = says("each", &strategy, "$(ls; touch left)").replacen("cloneCodebase: false", "cloneCodebase: true", 1);
    let environment = TestEnvironment::new().file("ci.yaml", pipeline(&stage));
    for words in ["init -q", "add .", "-c user.name=Ada -c user.email=ada@example.org commit -qm first"] {
        let mut git = std::process::Command::new("git");
        let done = git.args(words.split(' ')).current_dir(environment.workspace()).status().unwrap();
        assert!(done.success(), "{words}");
    }
    let environment = environment.file("untracked", "");
    drop(environment.cirun(&["local", "ci.yaml", "--clean-clone", "--events", "e.jsonl"]).exits(0));
    assert_eq!(environment.events().output("say"), ["ci.yaml", "ci.yaml"]);
}

#[test]
fn an_instance_is_chosen_by_the_name_that_list_prints() {
    let fixed = |items: &str| format!("        strategy: {{matrix: {{item: {items}}}}}\n");
    let stage = says("each", &fixed("[a, b]"), "item <+matrix.item>");
    let environment = TestEnvironment::new().file("ci.yaml", pipeline(&stage));
    drop(environment.cirun(&["list", "ci.yaml"]).exits(0));
    drop(environment.cirun(&["local", "ci.yaml", "--stage", "each_1", "--events", "e.jsonl"]).exits(0));
    assert_eq!(environment.events().output("say"), ["item b"]);
    let none = environment.cirun(&["local", "ci.yaml", "--stage", "each_2"]).exits(3);
    drop(none.says("the looped stage `each` has no instance `each_2`").says("the instances are `each_0`, `each_1`"));
    let late = says("each", &fixed(&format!("'<+{OUTPUTS}.ITEMS.split(\",\")>'")), "never");
    let environment = TestEnvironment::new().file("ci.yaml", pipeline(&late));
    let chosen = environment.cirun(&["local", "ci.yaml", "--stage", "find", "--stage", "each_0"]).exits(3);
    drop(chosen.says("its instances are decided when it begins"));
}

fn gated() -> TestEnvironment {
    let gate = "    - stage: {identifier: ok, name: ok, type: Approval, spec: {execution: {steps: []}}}\n";
    let stages = [gate.to_owned(), says("deploy", "", "deployed")].concat();
    TestEnvironment::new().file("ci.yaml", pipeline(&stages))
}

#[test]
fn what_is_behind_an_approval_does_not_run_without_it() {
    let environment = gated();
    let plan = environment.cirun(&["plan", "ci.yaml"]).exits(0);
    assert!(plan.stdout.contains("not run here: the approval stage `ok` has not been approved"), "{plan}");
    let run = environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(3);
    let run = run.says("gate       `deploy` waits for the approval stage `ok`: `--approve` runs them");
    assert!(run.stderr.contains("error: `deploy` waits for the approval stage `ok`"), "{run}");
    assert!(environment.events().output("say").is_empty());
}

#[test]
fn what_is_approved_runs() {
    let environment = gated();
    let plan = environment.cirun(&["plan", "ci.yaml", "--approve"]).exits(0);
    assert!(!plan.stdout.contains("not run here"), "{plan}");
    drop(environment.cirun(&["local", "ci.yaml", "--approve", "--events", "e.jsonl"]).exits(0));
    assert_eq!(environment.events().output("say"), ["deployed"]);
    // Who chooses a stage goes past the gate.
    drop(environment.cirun(&["local", "ci.yaml", "--stage", "deploy"]).exits(0));
}

#[test]
#[cfg(unix)]
fn a_person_is_asked_to_approve() {
    let environment = gated();
    let run = ["local", "ci.yaml", "--events", "e.jsonl"];
    let asked = "approve, so that they run too?";
    let (code, shown) = environment.at_terminal(&run).shows(asked).types("y").ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(environment.events().output("say"), ["deployed"]);
    let (code, shown) = environment.at_terminal(&run).shows(asked).types("n").ends();
    assert_eq!(code, Some(3), "{shown}");
    assert!(environment.events().output("say").is_empty());
}
