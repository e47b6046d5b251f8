//! Steps that fail, hang or are retried.

use insta::assert_snapshot;

use super::{engine, run};
use crate::it::support::{Stage, indent, run_step, run_step_with};

const SERVICE: &str = "\
- step:
    name: db
    identifier: db
    type: Background
    spec:
      connectorRef: images
      image: cirun.local/busybox:1
      shell: Sh
      command: exec sleep 1000
";

/// A step with a failure strategy.
fn with_strategy(id: &str, command: &str, action: &str) -> String {
    let strategy = format!(
        "failureStrategies:\n  - onFailure:\n      errors:\n        - AllErrors\n      action:\n{}",
        indent(action, 8)
    );
    run_step(id, command) + &indent(&strategy, 4)
}

#[test]
fn ends_the_run_and_is_reported_last() {
    let stage = Stage::kubernetes()
        .step(SERVICE)
        .step(&run_step("before", "echo fine"))
        .step(&run_step("broken", "echo out; echo last words; exit 42"))
        .step(&run_step("after", "echo never"));
    let environment = engine(&stage.pipeline());
    let (output, events) = run(&environment, &["--junit", "j.xml"], 1);
    assert_eq!(events.outcomes(), "before succeeded, broken failed 42, after skipped");
    assert_eq!(events.end(), ("failed".to_owned(), 1));
    assert_eq!(events.one("step_finished", "broken")["tail"], serde_json::json!(["out", "last words"]));
    assert!(environment.read("j.xml").contains("42"));
    let summary = output.words();
    let end: Vec<_> = summary.lines().rev().take(10).collect();
    assert_snapshot!(end.into_iter().rev().collect::<Vec<_>>().join("\n"), @r"
    after   - skipped                      the stage has failed, and `when` asks fo…

    ✗ it failed in [ELAPSED]: 1 failed, 1 succeeded, 1 skipped

    ✗ broken failed: exit code 42
      last 2 lines:
      │ out
      │ last words

    next: `cirun rerun --from broken` continues from that step; with `--shell-on-failure` it opens a shell there
    ");
}

#[test]
fn its_exit_code_is_kept() {
    for (command, code) in [("exit 3", 3), ("sh -c 'kill -9 $$'; exit $?", 137), ("no-such-program", 127)] {
        let (_, events) = run(&engine(&Stage::kubernetes().step(&run_step("a", command)).pipeline()), &[], 1);
        assert_eq!(events.one("step_finished", "a")["exit_code"], code, "{command}");
    }
}

#[test]
fn times_out() {
    let step = run_step("slow", "echo begun; sleep 1000").replace("type: Run\n", "type: Run\n    timeout: 3s\n");
    let environment = engine(&Stage::kubernetes().step(&step).step(&run_step("after", "true")).pipeline());
    let (_, events) = run(&environment, &[], 1);
    assert_eq!(events.one("step_finished", "slow")["outcome"], "timed_out");
    assert_eq!(events.one("step_finished", "after")["outcome"], "skipped");
    assert_eq!(events.output("slow"), ["begun"]);
}

#[test]
fn ignored() {
    let stage = Stage::kubernetes().step(&with_strategy("a", "exit 5", "type: Ignore")).step(&run_step("b", "echo on"));
    let (_, events) = run(&engine(&stage.pipeline()), &[], 0);
    assert_eq!(events.outcomes(), "a ignored 5, b succeeded");
}

#[test]
fn tried_again() {
    let again = "type: Retry\nspec:\n  retryCount: 2\n  retryIntervals:\n    - 1s\n  onRetryFailure:\n    action:\n      type: MarkAsFailure";
    let command = "echo x >> tries; test $(wc -l < tries) -eq 3";
    let environment = engine(&Stage::kubernetes().step(&with_strategy("a", command, again)).pipeline());
    let (_, events) = run(&environment, &[], 0);
    let attempts: Vec<_> = events.of("step_started").map(|event| event["attempt"].as_u64().unwrap()).collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert_eq!(events.of("step_finished").last().unwrap()["outcome"], "succeeded");
}

#[test]
fn failing_tests_are_counted_and_named() {
    let report = r#"<testsuite name="s" tests="2" failures="1"><testcase name="good"/><testcase classname="shop" name="bad"><failure message="2 is not 3"/></testcase></testsuite>"#;
    let command = format!("cat > r.xml <<'END'\n{report}\nEND\nexit 1");
    let step = run_step_with("tests", &command, "reports:\n  type: JUnit\n  spec:\n    paths:\n      - r.xml");
    let (output, events) = run(&engine(&Stage::kubernetes().step(&step).pipeline()), &[], 1);
    let tests = &events.one("step_finished", "tests")["tests"];
    assert_eq!((&tests["total"], &tests["failed"]), (&2.into(), &1.into()));
    assert!(tests["failures"][0]["case"].as_str().unwrap().contains("bad"), "{tests}");
    drop(output.says("2 is not 3"));
}
