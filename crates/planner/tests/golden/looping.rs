//! Looping strategies (flow.loops).

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::steps;

const BEFORE: &str = "- step: {type: Run, name: before, identifier: before, spec: {command: list}}\n";

fn looped(strategy: &str, command: &str) -> String {
    let strategy: String = strategy.lines().map(|line| format!("      {line}\n")).collect();
    steps(
        Profile::Vm,
        &format!(
            "{BEFORE}- step:\n    type: Run\n    name: go\n    identifier: go\n    strategy:\n{strategy}    spec: {{command: '{command}'}}\n"
        ),
    )
}

#[test]
fn matrix() {
    assert_snapshot!(looped("matrix:\n  os: [linux, mac]\n  go: [1.20, \"1.21\"]\n  maxConcurrency: 2", "<+matrix.os> <+matrix.go> <+strategy.iteration>/<+strategy.iterations>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 2)
      go_0_0 Run
        host: sh | -c | set -e; linux 1.20 0/4
      go_0_1 Run
        host: sh | -c | set -e; linux 1.21 1/4
      go_1_0 Run
        host: sh | -c | set -e; mac 1.20 2/4
      go_1_1 Run
        host: sh | -c | set -e; mac 1.21 3/4
    ");
}

#[test]
fn matrix_with_exclude() {
    assert_snapshot!(looped("matrix:\n  os: [linux, mac]\n  go: [a, b]\n  exclude:\n    - os: mac\n      go: a", "<+matrix.os> <+matrix.go>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 3)
      go_0_0 Run
        host: sh | -c | set -e; linux a
      go_0_1 Run
        host: sh | -c | set -e; linux b
      go_1_1 Run
        host: sh | -c | set -e; mac b
    ");
}

#[test]
fn matrix_with_node_name() {
    assert_snapshot!(looped("matrix:\n  os: [linux, mac]\n  nodeName: on-<+matrix.os>", "<+matrix.os>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 2)
      go_on_linux Run
        host: sh | -c | set -e; linux
      go_on_mac Run
        host: sh | -c | set -e; mac
    ");
}

#[test]
fn matrix_of_objects() {
    assert_snapshot!(looped("matrix:\n  service:\n    - {name: web, port: 80}\n    - {name: api, port: 81}", "<+matrix.service.name>:<+matrix.service.port>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 2)
      go_0 Run
        host: sh | -c | set -e; web:80
      go_1 Run
        host: sh | -c | set -e; api:81
    ");
}

#[test]
fn matrix_of_an_expression() {
    assert_snapshot!(looped("matrix:\n  part: <+pipeline.name.split(\"x\")>", "<+matrix.part>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 1)
      go_0 Run
        host: sh | -c | set -e; p
    ");
}

#[test]
fn matrix_that_waits() {
    assert_snapshot!(looped("matrix:\n  part: <+steps.before.output.outputVariables.parts>", "<+matrix.part>"), @"
    before Run
      host: sh | -c | set -e; list
    go Run
      skipped: its looping strategy has no instances
    error[decided-too-late] the list of a loop depends on a step that has not run
      at `<+steps.before.output.outputVariables.parts>`: loops are expanded before the stage begins
    ");
}

#[test]
fn parallelism() {
    assert_snapshot!(looped("parallelism: 2", "<+strategy.iteration>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 2)
      go_0 Run
        host: sh | -c | set -e; 0
      go_1 Run
        host: sh | -c | set -e; 1
    ");
}

#[test]
fn repeat_times() {
    assert_snapshot!(looped("repeat: {times: 2}", "<+strategy.iteration>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 2)
      go_0 Run
        host: sh | -c | set -e; 0
      go_1 Run
        host: sh | -c | set -e; 1
    ");
}

#[test]
fn repeat_items() {
    assert_snapshot!(looped("repeat: {items: [a, b, c], maxConcurrency: 1}", "<+repeat.item>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 1)
      go_0 Run
        host: sh | -c | set -e; a
      go_1 Run
        host: sh | -c | set -e; b
      go_2 Run
        host: sh | -c | set -e; c
    ");
}

#[test]
fn repeat_partitions() {
    assert_snapshot!(looped("repeat: {items: [a, b, c], partitionSize: 2}", "<+repeat.partition>"), @r#"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 2)
      go_0 Run
        host: sh | -c | set -e; ["a","b"]
      go_1 Run
        host: sh | -c | set -e; ["c"]
    "#);
}

#[test]
fn repeat_from_start_to_end() {
    assert_snapshot!(looped("repeat: {items: [a, b, c, d], start: 1, end: 3}", "<+repeat.item>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 2)
      go_0 Run
        host: sh | -c | set -e; b
      go_1 Run
        host: sh | -c | set -e; c
    ");
    assert_snapshot!(looped("repeat: {items: [a, b, c, d], start: 50, end: 100, unit: Percentage}", "<+repeat.item>"), @"
    before Run
      host: sh | -c | set -e; list
    Loop go (at most 2)
      go_0 Run
        host: sh | -c | set -e; c
      go_1 Run
        host: sh | -c | set -e; d
    ");
}

#[test]
fn zero_times() {
    assert_snapshot!(looped("repeat: {times: 0}", "true"), @"
    before Run
      host: sh | -c | set -e; list
    go Run
      skipped: its looping strategy has no instances
    error[bad-loop] the strategy has 0 instances
      at `repeat: {times: 0}`: it must have 1 to 5000
    ");
}

#[test]
fn strategy_when_is_false() {
    assert_snapshot!(looped("when: <+pipeline.name> == \"other\"\nparallelism: 2", "true"), @"
    before Run
      host: sh | -c | set -e; list
    go Run
      skipped: its looping strategy has no instances
    ");
}

#[test]
fn looped_service_and_group() {
    let group = "- stepGroup:\n    identifier: g\n    name: g\n    strategy: {repeat: {items: [x, y]}}\n    steps:\n      - step: {type: Background, name: db, identifier: db, spec: {image: \"redis:7\"}}\n      - step: {type: Run, name: go, identifier: go, spec: {command: echo <+repeat.item>}}\n";
    assert_snapshot!(steps(Profile::Vm, group), @"
    Loop g (at most 2)
      StepGroup g_0 (at most 1)
        service g_0.db Background
          image: redis:7
          aliases: g_0_db
        g_0.go Run
          host: sh | -c | set -e; echo x
      StepGroup g_1 (at most 1)
        service g_1.db Background
          image: redis:7
          aliases: g_1_db
        g_1.go Run
          host: sh | -c | set -e; echo y
    ");
}
