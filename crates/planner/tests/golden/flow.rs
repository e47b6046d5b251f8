//! Conditions and failure strategies (flow.when, flow.strategies).

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::steps;

fn step(fields: &str) -> String {
    let fields: String = fields.lines().map(|line| format!("    {line}\n")).collect();
    let first = "- step: {type: Run, name: first, identifier: first, spec: {command: \"true\"}}\n";
    steps(
        Profile::Vm,
        &format!(
            "{first}- step:\n    type: Run\n    name: go\n    identifier: go\n{fields}    spec: {{command: make}}\n"
        ),
    )
}

#[test]
fn when_known() {
    assert_snapshot!(step("when: {stageStatus: All, condition: <+pipeline.name> == \"p\"}"), @r#"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
      when: All && <+pipeline.name> == "p" = true
    "#);
}

#[test]
fn when_false() {
    assert_snapshot!(step("when: {stageStatus: Success, condition: <+codebase.build.type> == \"tag\"}"), @r#"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
      when: Success && <+codebase.build.type> == "tag" = false
    "#);
}

#[test]
fn when_waits() {
    assert_snapshot!(step("when: {stageStatus: Failure, condition: <+steps.first.output.outputVariables.GO> == \"yes\"}"), @r#"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
      when: Failure && <+steps.first.output.outputVariables.GO> == "yes" later
    "#);
}

#[test]
fn when_with_an_unknown_status() {
    assert_snapshot!(step("when: {stageStatus: Sucess}"), @"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
    error[unknown-word] unknown status `Sucess`
      at `Sucess`: no such status
      help: write `Success`, `Failure` or `All`
    ");
}

#[test]
fn when_unreadable() {
    assert_snapshot!(step("when: {stageStatus: All, condition: <+pipeline.name> == }"), @"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
      when: All
    error[expression-error] a value is missing at the end
      at `<+pipeline.name> ==`: this condition cannot be read
    ");
}

#[test]
fn retry_then_ignore() {
    assert_snapshot!(step("failureStrategies:\n  - onFailure:\n      errors: [AllErrors]\n      action: {type: Retry, spec: {retryCount: 2, retryIntervals: [10s, 1m], onRetryFailure: {action: {type: Ignore}}}}"), @"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
      on failure: AllErrors → Retry { attempts: Attempts { count: 2, intervals: [10s, 60s] }, then: Ignore }
    ");
}

#[test]
fn manual_intervention() {
    assert_snapshot!(step("failureStrategies:\n  - onFailure:\n      errors: [Timeout]\n      action: {type: ManualIntervention, spec: {timeout: 1h, onTimeout: {action: {type: Abort}}}}"), @"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
      on failure: Timeout → ManualIntervention { timeout: 3600s, on_timeout: Abort }
    ");
}

#[test]
fn all_errors_come_last_in_a_level() {
    assert_snapshot!(step("failureStrategies:\n  - onFailure: {errors: [AllErrors], action: {type: Ignore}}\n  - onFailure: {errors: [Timeout], action: {type: Abort}}"), @"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
      on failure: Timeout → Abort
      on failure: AllErrors → Ignore
    ");
}

#[test]
fn unknown_words() {
    assert_snapshot!(step("failureStrategies:\n  - onFailure: {errors: [Timout], action: {type: Ignroe}}"), @"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
    error[unknown-word] unknown error type `Timout`
      at `Timout`: no such error type
      help: did you mean `Timeout`?
    error[unknown-word] unknown failure action `Ignroe`
      at `Ignroe`: no such failure action
      help: did you mean `Ignore`?
    ");
}

#[test]
fn group_strategies_come_after_the_steps() {
    let group = "- stepGroup:\n    identifier: g\n    name: g\n    failureStrategies:\n      - onFailure: {errors: [AllErrors], action: {type: MarkAsSuccess}}\n    steps:\n      - step:\n          type: Run\n          name: go\n          identifier: go\n          failureStrategies:\n            - onFailure: {errors: [Timeout], action: {type: Abort}}\n          spec: {command: make}\n";
    assert_snapshot!(steps(Profile::Vm, group), @"
    StepGroup g (at most 1)
      g.go Run
        host: sh | -c | set -e; make
        on failure: Timeout → Abort
        on failure: AllErrors → MarkAsSuccess
    ");
}

#[test]
fn timeout() {
    assert_snapshot!(step("timeout: 1h 30m"), @"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
      timeout: 5400s
    ");
    assert_snapshot!(step("timeout: 10 minutes"), @"
    first Run
      host: sh | -c | set -e; true
    go Run
      host: sh | -c | set -e; make
    error[bad-duration] `10 minutes` is not a duration
      at `10 minutes`: CI cannot read this as a time (documents.durations)
      help: write whole numbers with `w`, `d`, `h`, `m` or `s`, such as `10m` or `1h 30m`
    ");
}

#[test]
fn wait() {
    assert_snapshot!(steps(Profile::Vm, "- step: {type: Wait, name: w, identifier: w, spec: {duration: 30s}}\n"), @"
    w Wait
      wait: 30s
    ");
}
