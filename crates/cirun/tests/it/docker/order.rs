//! The order of steps: parallel, groups, conditions, waiting.

use super::{engine, run};
use crate::it::support::{Stage, indent, run_step};

#[test]
fn parallel_steps_run_at_once() {
    // Each waits for the file of the other: in sequence, neither would end.
    let meet = |me: &str, other: &str| format!("touch {me}.here\nuntil test -e {other}.here; do sleep 0.05; done");
    let pair = format!(
        "- parallel:\n{}{}",
        indent(&run_step("a", &meet("a", "b")), 4),
        indent(&run_step("b", &meet("b", "a")), 4)
    );
    let (_, events) =
        run(&engine(&Stage::kubernetes().step(&pair).step(&run_step("c", "ls a.here b.here")).pipeline()), &[], 0);
    let c = events.position("step_started", "c");
    assert!(["a", "b"].into_iter().all(|step| events.position("step_finished", step) < c));
}

#[test]
fn a_group_is_part_of_the_path() {
    let group = format!(
        "- stepGroup:\n    name: g\n    identifier: g\n    steps:\n{}{}",
        indent(&run_step("one", "echo 1"), 6),
        indent(&run_step("two", "echo 2"), 6)
    );
    let (_, events) = run(&engine(&Stage::kubernetes().step(&group).pipeline()), &[], 0);
    assert_eq!(events.outcomes(), "g.one succeeded, g.two succeeded");
}

#[test]
fn conditions_read_outputs_and_the_stages_status() {
    let when = |step: String, when: &str| step + &indent(&format!("when:\n{when}"), 4);
    let kind = run_step("kind", "export KIND=release") + &indent("outputVariables:\n  - name: KIND", 6);
    let on = |value: &str| {
        format!("  stageStatus: Success\n  condition: <+steps.kind.output.outputVariables.KIND> == \"{value}\"")
    };
    let stage = Stage::kubernetes()
        .step(&kind)
        .step(&when(run_step("publish", "echo out it goes"), &on("release")))
        .step(&when(run_step("preview", "echo never"), &on("preview")))
        .step(&run_step("broken", "exit 1"))
        .step(&when(run_step("mop_up", "echo mopping"), "  stageStatus: Failure"))
        .step(&when(run_step("always", "echo always"), "  stageStatus: All"));
    let (_, events) = run(&engine(&stage.pipeline()), &[], 1);
    assert_eq!(
        events.outcomes(),
        "kind succeeded, publish succeeded, preview skipped, broken failed 1, mop_up succeeded, always succeeded"
    );
}

#[test]
fn wait_waits() {
    let wait = "- step:\n    name: pause\n    identifier: pause\n    type: Wait\n    spec:\n      duration: 2s\n";
    let (_, events) = run(&engine(&Stage::kubernetes().step(wait).step(&run_step("a", "true")).pipeline()), &[], 0);
    assert_eq!(events.outcomes(), "pause succeeded, a succeeded");
    let elapsed = events.one("step_finished", "pause")["elapsed_ms"].as_u64().unwrap();
    assert!((2000..20_000).contains(&elapsed), "{elapsed} ms");
}
