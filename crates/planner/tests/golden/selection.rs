//! `--stage`, `--step`, `--from` and `--until`.

use cirun_plan::{Action, Profile, SkipReason};
use cirun_planner::Selection;
use insta::assert_snapshot;

use crate::harness::{diagnostics, plan_steps};

const STEPS: &str = "- step: {type: Run, name: a, identifier: a, spec: {command: a}}
- step: {type: Background, name: db, identifier: db, spec: {image: redis:7}}
- stepGroup:
    identifier: g
    name: g
    steps:
      - step: {type: Run, name: b, identifier: b, spec: {command: b}}
      - step: {type: Run, name: c, identifier: c, spec: {command: c}}
- step: {type: Run, name: d, identifier: d, spec: {command: d}}
";

/// The remaining steps, and the diagnostics.
fn selected(selection: Selection) -> String {
    let outcome = plan_steps(Profile::Vm, STEPS, |inputs| inputs.selection = selection);
    let left: Vec<String> = outcome
        .planned
        .plan
        .stages
        .iter()
        .flat_map(|stage| stage.steps())
        .filter(|step| step.action != Action::Skip(SkipReason::NotSelected))
        .map(|step| step.path.to_string())
        .collect();
    format!("{}\n{}", left.join(" "), diagnostics(&outcome))
}

fn some(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn steps_by_id_path_or_group() {
    assert_snapshot!(selected(Selection { steps: vec!["b".to_owned()], ..Selection::default() }), @"db g.b");
    assert_snapshot!(selected(Selection { steps: vec!["g.c".to_owned()], ..Selection::default() }), @"db g.c");
    assert_snapshot!(selected(Selection { steps: vec!["g".to_owned()], ..Selection::default() }), @"db g.b g.c");
}

#[test]
fn from_and_until() {
    assert_snapshot!(selected(Selection { from: some("c"), ..Selection::default() }), @"db g.c d");
    assert_snapshot!(selected(Selection { until: some("b"), ..Selection::default() }), @"a db g.b");
    assert_snapshot!(selected(Selection { from: some("b"), until: some("c"), ..Selection::default() }), @"db g.b g.c");
}

#[test]
fn unknown_step_and_stage() {
    assert_snapshot!(selected(Selection { steps: vec!["bb".to_owned()], ..Selection::default() }), @"

    error[unknown-step] no step `bb`
      help: `cirun list` shows the steps
    ");
    assert_snapshot!(selected(Selection { stages: vec!["biuld".to_owned()], ..Selection::default() }), @"

    error[unknown-stage] no stage `biuld`
      at `identifier: p`: in this pipeline
      help: did you mean `build`?
    ");
}
