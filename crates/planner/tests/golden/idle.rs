//! Steps that are known not to run: missing secrets and connectors do not stop a run, and they push nowhere.

use cirun_plan::Profile;
use cirun_planner::Selection;
use insta::assert_snapshot;

use crate::harness::{Outcome, diagnostics, plan_document, plan_steps};

const SECRET: &str = "spec: {image: \"a:1\", command: \"echo <+secrets.getValue('no_token')>\"}";

fn step(id: &str, rest: &str) -> String {
    format!("- step: {{type: Run, name: {id}, identifier: {id}, {rest}}}\n")
}

fn push(rest: &str) -> String {
    let spec = "connectorRef: away, region: us-east-1, account: \"123456789012\", imageName: shop, tags: [t]";
    format!("- step: {{type: BuildAndPushECR, name: push, identifier: push, {rest} spec: {{{spec}}}}}\n")
}

fn plan(steps: &str) -> Outcome {
    plan_steps(Profile::Cloud, steps, |_| {})
}

const NEVER: &str = "when: {stageStatus: All, condition: \"<+codebase.build.type> == 'tag' && 1 == 2\"},";

#[test]
fn the_secrets_of_a_step_that_does_not_run() {
    assert_snapshot!(diagnostics(&plan(&step("a", SECRET))), @r#"
    note[image-without-connector] `Run` step `a` has `image` and no `connectorRef`
      at `a`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    error[missing-secret] the secret `no_token` has no value
      at `"echo <+secrets.getValue('no_token')>"`: needed here
      help: set it with `--secret no_token`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_token`
    "#);
    assert_snapshot!(diagnostics(&plan(&step("a", &format!("{NEVER} {SECRET}")))), @"
    note[image-without-connector] `Run` step `a` has `image` and no `connectorRef`
      at `a`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    ");
}

#[test]
fn a_place_of_a_step_that_runs_is_left() {
    let steps = step("a", &format!("{NEVER} {SECRET}")) + &step("b", SECRET) + &step("c", SECRET);
    let outcome = plan(&steps);
    let found = outcome.planned.diagnostics.iter().find(|found| found.code == "missing-secret").unwrap();
    let labels = found.labels.iter().map(|label| (outcome.sources.line_column(label.span).0, &*label.text));
    assert_eq!(labels.collect::<Vec<_>>(), [(15, "needed here"), (16, "and here")]);
}

#[test]
fn a_group_and_a_stage_that_do_not_run() {
    let group = format!(
        "- stepGroup:\n    name: g\n    identifier: g\n    {}\n    steps:\n      {}",
        NEVER.trim_end_matches(','),
        step("a", SECRET)
    );
    assert_snapshot!(diagnostics(&plan(&group)), @"
    note[image-without-connector] `Run` step `a` has `image` and no `connectorRef`
      at `a`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    ");
    let text = crate::harness::document(Profile::Cloud, &(step("a", SECRET) + &push("")));
    let stage = text.replace("        type: CI\n", "        type: CI\n        when: {pipelineStatus: All, condition: \"false\"}\n        variables: [{name: v, type: Secret, value: no_token}]\n");
    assert_snapshot!(diagnostics(&plan_document(&stage, |_| {})), @"
    note[image-without-connector] `Run` step `a` has `image` and no `connectorRef`
      at `a`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    ");
}

#[test]
fn a_step_that_does_not_run_pushes_nowhere() {
    let outcome = plan(&push(NEVER));
    assert_eq!(outcome.planned.targets.len(), 0);
    assert!(outcome.planned.assumed_connectors.is_empty());
    assert_eq!(plan(&push("")).planned.targets.len(), 1);
    assert_snapshot!(diagnostics(&outcome), @"");
}

#[test]
fn steps_that_are_not_chosen() {
    let steps = step("a", SECRET) + &step("b", "spec: {command: x}") + &push("");
    let outcome = plan_steps(Profile::Cloud, &steps, |inputs| {
        inputs.selection = Selection { steps: vec!["b".to_owned()], ..Selection::default() };
    });
    assert_snapshot!(diagnostics(&outcome), @"
    note[image-without-connector] `Run` step `a` has `image` and no `connectorRef`
      at `a`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    ");
    assert_eq!(outcome.planned.targets.len(), 0);
}

/// A condition that is decided when its turn comes: everything that the step needs is required.
#[test]
fn a_condition_that_waits_demands() {
    let waits = "when: {stageStatus: All, condition: \"<+steps.a.output.outputVariables.X> == 1\"},";
    let steps = step("a", "spec: {command: x}") + &step("b", &format!("{waits} {SECRET}"));
    assert_snapshot!(diagnostics(&plan(&steps)), @r#"
    note[image-without-connector] `Run` step `b` has `image` and no `connectorRef`
      at `b`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    error[missing-secret] the secret `no_token` has no value
      at `"echo <+secrets.getValue('no_token')>"`: needed here
      help: set it with `--secret no_token`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_token`
    "#);
}

/// A field that CI refuses is refused even if the step does not run.
#[test]
fn what_ci_refuses_is_reported_in_any_case() {
    assert_snapshot!(diagnostics(&plan(&step("a", &format!("{NEVER} spec: {{image: \"A b\", command: x}}")))), @r#"
    note[image-without-connector] `Run` step `a` has `image` and no `connectorRef`
      at `a`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: the image is pulled without credentials
    error[bad-image] `A b` is not an image
      at `"A b"`: an image's name has no spaces
      help: remove them
    "#);
}
