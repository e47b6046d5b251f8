//! Questions to the user at a terminal: what to do with a failed step, and missing inputs.

use super::support::{Stage, TestEnvironment, indent};

/// A stage whose first step fails, and asks, until `mended` exists.
fn asking(timeout: &str) -> TestEnvironment {
    let command = indent("test -e mended || { touch mended; echo broken; exit 4; }; echo fine", 8);
    let step = format!(
        "- step:\n    name: a\n    identifier: a\n    type: Run\n    spec:\n      shell: Sh\n      command: |-\n{command}
    failureStrategies:
      - onFailure:
          errors: [AllErrors]
          action:
            type: ManualIntervention
            spec:
              timeout: {timeout}
              onTimeout:
                action:
                  type: Ignore\n"
    );
    let after = "- step: {name: b, identifier: b, type: Run, spec: {shell: Sh, command: echo after}}\n";
    TestEnvironment::new().file("ci.yaml", Stage::cloud().step(&step).step(after).pipeline())
}

const RUN: [&str; 4] = ["local", "ci.yaml", "--events", "e.jsonl"];

#[test]
fn a_person_lets_a_step_run_again() {
    let environment = asking("5m");
    let terminal =
        environment.at_terminal(&RUN).shows("what now?").types("perhaps").shows("is not one of them").types("r");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(environment.events().outcomes(), "a succeeded, b succeeded");
    for line in ["? a failed: exit code 4\n", "  r Retry   i Ignore   s MarkAsSuccess   f MarkAsFailure   a Abort\n"] {
        assert!(shown.contains(line), "{line}{shown}");
    }
}

#[test]
fn a_person_ends_the_run() {
    let environment = asking("5m");
    let (code, shown) = environment.at_terminal(&RUN).shows("what now?").types("Abort").ends();
    assert_eq!(code, Some(1), "{shown}");
    assert_eq!(environment.events().outcomes(), "a aborted 4, b aborted");
}

#[test]
fn without_an_answer_the_strategy_decides() {
    let environment = asking("1s");
    let (code, shown) = environment.at_terminal(&RUN).shows("the time for an answer is over").ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(environment.events().outcomes(), "a ignored 4, b succeeded");
}

#[test]
fn the_screen_has_no_bars_during_a_question() {
    let environment = asking("5m");
    let (_, shown) = environment.at_terminal(&RUN).shows("what now?").types("i").ends();
    let asked = shown.split("what now?").nth(1).unwrap_or_default();
    let before_the_answer = asked.split('\n').next().unwrap_or_default();
    assert_eq!(before_the_answer, " (within 300s, then Ignore) i");
}

#[test]
fn without_a_terminal_there_is_a_note_instead_of_a_question() {
    let environment = asking("5m");
    for (more, because) in [(None, "no terminal"), (Some("--no-input"), "not wanted")] {
        let args: Vec<&str> = RUN.into_iter().chain(more).collect();
        let output = match more {
            None => environment.cirun(&args).exits(0).stderr,
            Some(_) => environment.at_terminal(&args).ends().1,
        };
        let message = "no one is there to answer, so cirun takes the action `Ignore` at once";
        assert!(output.replace("\n               ", " ").contains(message), "{because}: {output}");
        assert_eq!(environment.events().outcomes(), "a ignored 4, b succeeded", "{because}");
        std::fs::remove_file(environment.workspace().join("mended")).unwrap();
    }
}

/// A stage that prints the inputs of every form.
fn with_inputs() -> TestEnvironment {
    let forms = [
        ("plain", "<+input>"),
        ("late", "<+input>.executionInput()"),
        ("late_one", "<+input>.allowedValues(a, 'b,c').executionInput()"),
        ("one", "<+input>.selectOneFrom(x,y)"),
        ("many", "<+input>.selectManyFrom(x,y,z)"),
        ("version", "<+input>.executionInput().regex(v[0-9]+)"),
        ("kept", "<+input>.selectManyFrom(x,y,z).default(x,z)"),
        ("last", "<+input>.default(d).executionInput().allowedValues(d,e)"),
    ];
    let names: Vec<String> = forms.iter().map(|(name, _)| format!("<+pipeline.variables.{name}>")).collect();
    let command = indent(&format!("echo '{}'", names.join(" ")), 8);
    let step = format!(
        "- step:\n    name: a\n    identifier: a\n    type: Run\n    spec:\n      shell: Sh\n      command: |-\n{command}"
    );
    let stage = forms.iter().fold(Stage::cloud(), |stage, (name, form)| stage.variable(name, form));
    TestEnvironment::new().file("ci.yaml", stage.step(&step).pipeline())
}

#[test]
fn there_is_a_prompt_for_every_form_of_input() {
    let environment = with_inputs();
    let terminal = environment
        .at_terminal(&RUN)
        .shows("variables.plain.value: ")
        .types("p")
        .shows("variables.late.value: ")
        .types("l")
        .shows("variables.late_one.value (a, b,c): ")
        .types("b")
        .shows("`b` is not one of `a`, `b,c`")
        .types("b,c")
        .shows("variables.one.value (one of x, y): ")
        .types("y")
        .shows("variables.many.value (some, with commas, of x, y, z): ")
        .types("x,z")
        .shows("variables.version.value (matching v[0-9]+): ")
        .types("1")
        .shows("`1` does not match `v[0-9]+`")
        .types("v1");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(environment.events().output("a"), ["p l b,c y x,z v1 x,z d"]);
}

#[test]
fn every_form_of_input_is_listed_without_a_terminal() {
    let environment = with_inputs();
    for more in [None, Some("--no-input")] {
        let args: Vec<&str> = RUN.into_iter().chain(more).collect();
        let shown = match more {
            None => environment.cirun(&args).exits(3).stderr,
            Some(_) => environment.at_terminal(&args).ends().1,
        };
        let missing: Vec<&str> = shown
            .lines()
            .filter_map(|line| line.split_once("no value for the runtime input "))
            .map(|(_, path)| path)
            .collect();
        assert_eq!(
            missing,
            ["plain", "late", "late_one", "one", "many", "version"].map(|name| format!("`variables.{name}.value`")),
            "{shown}"
        );
    }
}

#[test]
fn consequences_of_a_missing_input_are_not_reported_and_an_input_within_text_is() {
    let steps = "- step:\n    name: a\n    identifier: a\n    type: Run\n    timeout: <+input>\n    spec:\n      shell: Sh\n      command: echo <+pipeline.variables.who>\n- step: {name: b, identifier: b, type: Run, spec: {shell: Sh, command: echo to <+input>}}\n";
    let stage = Stage::cloud().variable("who", "<+input>").step(steps);
    let environment = TestEnvironment::new().file("ci.yaml", stage.pipeline());
    let output = environment.cirun(&RUN).exits(3);
    let found: Vec<&str> = output.stderr.lines().filter(|line| line.starts_with("  × ")).collect();
    assert_eq!(found.len(), 3, "{output}");
    assert_eq!(found[2], "  × a runtime input has no value");
}

#[test]
fn a_default_that_is_not_allowed_is_reported() {
    let stage = Stage::cloud().variable("level", "<+input>.default(z).allowedValues(a,b)");
    let step =
        "- step: {name: a, identifier: a, type: Run, spec: {shell: Sh, command: echo <+pipeline.variables.level>}}\n";
    let environment = TestEnvironment::new().file("ci.yaml", stage.step(step).pipeline());
    let output = environment.cirun(&RUN).exits(0);
    assert!(output.stderr.contains("the default: `z` is not one of `a`, `b`"), "{output}");
    drop(environment.cirun(&["local", "ci.yaml", "--input", "variables.level=b"]).exits(0));
}

#[test]
fn a_shell_opens_where_a_host_step_has_failed() {
    let step = "- step: {name: a, identifier: a, type: Run, spec: {shell: Sh, envVariables: {COLOUR: blue}, command: echo left > state; exit 7}}\n";
    let environment = TestEnvironment::new().file("ci.yaml", Stage::cloud().step(step).pipeline());
    let run = [&RUN[..], &["--shell-on-failure"]].concat();
    let terminal = environment.at_terminal(&run).shows("a shell in the state of the step");
    let (code, shown) = terminal.types("echo \"<$(cat state) $COLOUR>\"").shows("<left blue>").types("exit").ends();
    assert_eq!(code, Some(1), "{shown}");
    assert_eq!(environment.events().outcomes(), "a failed 7");
}

#[test]
fn a_shell_needs_a_terminal() {
    let environment = asking("5m");
    drop(
        environment.cirun(&["local", "ci.yaml", "--shell-on-failure"]).exits(2).says("needs a terminal").says("--keep"),
    );
}
