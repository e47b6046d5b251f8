//! Questions to a person at a terminal: what becomes of a failed step, and missing inputs.

use super::support::{Stage, TestEnvironment, indent};

/// A stage whose first step fails until `mended` is there, and asks then.
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
        environment.at_terminal(&RUN).shows("what now?").types("perhaps").shows("is none of them").types("r");
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
    let (code, shown) = environment.at_terminal(&RUN).shows("no answer is waited for any more").ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(environment.events().outcomes(), "a ignored 4, b succeeded");
}

#[test]
fn the_screen_has_no_bars_while_somebody_is_asked() {
    let environment = asking("5m");
    let (_, shown) = environment.at_terminal(&RUN).shows("what now?").types("i").ends();
    let asked = shown.split("what now?").nth(1).unwrap_or_default();
    let before_the_answer = asked.split('\n').next().unwrap_or_default();
    assert_eq!(before_the_answer, " (within 300s, then Ignore) i");
}

#[test]
fn without_a_terminal_nobody_is_asked_and_that_is_told() {
    let environment = asking("5m");
    for (more, because) in [(None, "no terminal"), (Some("--no-input"), "not wanted")] {
        let args: Vec<&str> = RUN.into_iter().chain(more).collect();
        let output = match more {
            None => environment.cirun(&args).exits(0).stderr,
            Some(_) => environment.at_terminal(&args).ends().1,
        };
        let told = "there is nobody to ask, so `Ignore` is done at once";
        assert!(output.replace("\n               ", " ").contains(told), "{because}: {output}");
        assert_eq!(environment.events().outcomes(), "a ignored 4, b succeeded", "{because}");
        std::fs::remove_file(environment.workspace().join("mended")).unwrap();
    }
}
