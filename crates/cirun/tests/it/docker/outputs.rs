//! Output variables between steps, groups and stages.

use super::{engine, run};
use crate::it::support::{Stage, below_stage, indent, pipeline, run_step, run_step_with};

/// A step that exports `NAME`.
fn gives(id: &str, value: &str) -> String {
    run_step_with(id, &format!("export NAME={value}"), "outputVariables:\n  - name: NAME")
}

/// A step that prints an expression, which it gets as a variable.
fn takes(id: &str, expression: &str) -> String {
    run_step_with(id, "echo \"got $GOT\"", &format!("envVariables:\n  GOT: {expression}"))
}

#[test]
fn by_every_path() {
    let group = format!(
        "- stepGroup:\n    name: g\n    identifier: g\n    steps:\n{}{}",
        indent(&gives("inner", "two"), 6),
        indent(&takes("near", "<+steps.inner.output.outputVariables.NAME>"), 6)
    );
    let stage = Stage::kubernetes()
        .step(&gives("outer", "one"))
        .step(&group)
        .step(&takes("short", "<+steps.outer.output.outputVariables.NAME>"))
        .step(&takes("long", "<+execution.steps.outer.output.outputVariables.NAME>"))
        .step(&takes("grouped", "<+execution.steps.g.steps.inner.output.outputVariables.NAME>"));
    let (_, events) = run(&engine(&stage.pipeline()), &[], 0);
    let lines = ["g.near", "short", "long", "grouped"].map(|step| events.output(step).concat());
    assert_eq!(lines, ["got two", "got one", "got one", "got two"]);
    assert_eq!(events.one("step_finished", "outer")["outputs"]["NAME"], "one");
}

#[test]
fn by_the_output_file() {
    let command = "echo FROM_DRONE=1 >> \"$DRONE_OUTPUT\"\necho FROM_HARNESS=2 >> \"$HARNESS_OUTPUT_FILE\"";
    let stage = Stage::kubernetes()
        .step(&run_step("files", command))
        .step(&takes("taker", "<+steps.files.output.outputVariables.FROM_DRONE>"));
    let (_, events) = run(&engine(&stage.pipeline()), &[], 0);
    assert_eq!(events.output("taker"), ["got 1"]);
    let outputs = &events.one("step_finished", "files")["outputs"];
    assert_eq!((&outputs["FROM_DRONE"], &outputs["FROM_HARNESS"]), (&"1".into(), &"2".into()));
}

#[test]
fn between_stages() {
    let first = Stage::kubernetes().step(&gives("give", "across"));
    let expression = "<+pipeline.stages.first.spec.execution.steps.give.output.outputVariables.NAME>";
    let second = Stage::vm().step(&takes("take", expression));
    let environment = engine(&pipeline(&[("first", &first), ("second", &second)]));
    let (_, events) = run(&environment, &[], 0);
    assert_eq!(events.output("take"), ["got across"]);
    let stages: Vec<_> = events.of("stage_finished").map(|event| event["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["first", "second"]);
}

#[test]
fn a_failed_stage_is_the_last() {
    let first = Stage::kubernetes().step(&run_step("a", "exit 2"));
    let second = Stage::kubernetes().step(&run_step("b", "echo never"));
    let environment = engine(&pipeline(&[("first", &first), ("second", &second)]));
    let (_, events) = run(&environment, &[], 1);
    assert_eq!(events.of("step_started").filter(|event| below_stage(event) == "b").count(), 0);
}
