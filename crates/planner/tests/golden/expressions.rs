//! What expressions see when a plan is made.

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::{Outcome, diagnostics, explain, plan_steps};

/// The value of an expression in a step's environment, and what is said about it.
fn value(expression: &str) -> String {
    let outcome = plan(expression);
    explain(&outcome, "X") + &diagnostics(&outcome)
}

fn plan(expression: &str) -> Outcome {
    let steps = format!(
        "- step: {{type: Run, name: first, identifier: first, spec: {{image: \"alpine:3\", connectorRef: hub, command: \"true\"}}}}\n- step:\n    type: Run\n    name: go\n    identifier: go\n    spec: {{image: \"alpine:3\", connectorRef: hub, command: env, envVariables: {{X: '{}'}}}}\n",
        expression.replace('\'', "''")
    );
    plan_steps(Profile::Kubernetes, &steps, |inputs| {
        inputs.codebase.branch = Some("main".to_owned());
        inputs.codebase.commit_sha = Some("0123456789abcdef".to_owned());
        inputs.run.sequence = 7;
        inputs.vars.insert("trigger.branch".to_owned(), "release".to_owned());
    })
}

#[test]
fn pipeline_stage_and_step() {
    assert_snapshot!(value("<+pipeline.identifier>-<+stage.identifier>-<+step.identifier>-<+pipeline.sequenceId>"), @"go: p-build-go-7 ← CI service (harness-runtime.md 7: local values) ← pipeline.yaml:19:94");
}

#[test]
fn codebase() {
    assert_snapshot!(value("<+codebase.branch>@<+codebase.shortCommitSha> <+codebase.build.type>"), @"go: main@0123456 branch ← git (codebase) ← pipeline.yaml:19:94");
}

#[test]
fn what_a_branch_build_has_not_is_null() {
    assert_snapshot!(value("<+codebase.tag>"), @"go: null ← pipeline.yaml:19:94");
}

#[test]
fn secrets_are_masked_and_kept_for_masking() {
    let outcome = plan("token=<+secrets.getValue(\"token\")>");
    assert_snapshot!(explain(&outcome, "X"), @"go: *** ← secret token (test) ← pipeline.yaml:19:94");
    let exposed: Vec<&str> = outcome.planned.plan.secrets.iter().map(|secret| secret.expose()).collect();
    assert!(exposed.contains(&"value-of-token"), "{exposed:?}");
}

#[test]
fn lines_around_a_secret_are_not_masked() {
    let outcome = plan("make test\n\ncurl <+secrets.getValue(\"token\")>");
    let exposed: Vec<&str> = outcome.planned.plan.secrets.iter().map(|secret| secret.expose()).collect();
    assert_eq!(exposed, ["value-of-token"]);
    assert_snapshot!(explain(&outcome, "X"), @"go: *** ← secret token (test) ← pipeline.yaml:19:94");
}

#[test]
fn secret_missing() {
    assert_snapshot!(value("<+secrets.getValue(\"no_such\")>"), @r#"
    go: null ← pipeline.yaml:19:94
    error[missing-secret] the secret `no_such` has no value
      at `'<+secrets.getValue("no_such")>'`: needed here
      help: give it with `--secret no_such=VALUE`, in a dotenv file named by `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_such`
    "#);
}

#[test]
fn secret_missing_behind_an_output() {
    assert_snapshot!(value("<+steps.first.output.outputVariables.A> <+secrets.getValue(\"no_such\")>"), @r#"
    go: <+steps.first.output.outputVariables.A> <+secrets.getValue("no_such")> ← pipeline.yaml:19:94
    error[missing-secret] the secret `no_such` has no value
      at `'<+steps.first.output.outputVariables.A> <+secrets.getValue("no_such")>'`: needed here
      help: give it with `--secret no_such=VALUE`, in a dotenv file named by `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_such`
    "#);
}

#[test]
fn outputs_wait() {
    assert_snapshot!(value("v<+steps.first.output.outputVariables.A>"), @"go: v<+steps.first.output.outputVariables.A> ← pipeline.yaml:19:94");
    assert_snapshot!(value("<+execution.steps.first.output.outputVariables.A>"), @"go: <+execution.steps.first.output.outputVariables.A> ← pipeline.yaml:19:94");
    assert_snapshot!(value("<+pipeline.stages.build.spec.execution.steps.first.output.outputVariables.A>"), @"go: <+pipeline.stages.build.spec.execution.steps.first.output.outputVariables.A> ← pipeline.yaml:19:94");
    assert_snapshot!(value("<+stage.spec.execution.steps.first.status>"), @"go: <+stage.spec.execution.steps.first.status> ← pipeline.yaml:19:94");
}

#[test]
fn artifacts_wait() {
    assert_snapshot!(value("<+artifact_first.stepArtifacts.publishedImageArtifacts[0].digest>"), @"go: <+artifact_first.stepArtifacts.publishedImageArtifacts[0].digest> ← pipeline.yaml:19:94");
}

#[test]
fn outputs_of_no_step() {
    assert_snapshot!(value("<+steps.frist.output.outputVariables.A>"), @"
    go: null ← pipeline.yaml:19:94
    warning[unresolved-expression] `steps.frist.output.outputVariables.A` does not resolve
      at `'<+steps.frist.output.outputVariables.A>'`: becomes the text `null`, as in the CI service
      help: did you mean `<+steps.first.output.outputVariables.A>`?
    ");
}

#[test]
fn unresolved_names_become_null_and_are_reported() {
    assert_snapshot!(value("<+pipeline.nmae>"), @"
    go: null ← pipeline.yaml:19:94
    warning[unresolved-expression] `pipeline.nmae` does not resolve
      at `'<+pipeline.nmae>'`: becomes the text `null`, as in the CI service
      help: did you mean `<+pipeline.name>`?
    ");
    assert_snapshot!(value("<+no.such.thing>"), @"
    go: null ← pipeline.yaml:19:94
    warning[unresolved-expression] `no.such.thing` does not resolve
      at `'<+no.such.thing>'`: becomes the text `null`, as in the CI service
      help: correct the name, or give it a local value with `--var no.such.thing=VALUE`
    ");
}

#[test]
fn overrides_win() {
    assert_snapshot!(value("<+trigger.branch>"), @"go: release ← --var trigger.branch ← pipeline.yaml:19:94");
}

#[test]
fn a_runtime_input_without_value() {
    assert_snapshot!(value("<+input>"), @"
    go: null ← pipeline.yaml:19:94
    error[missing-input] a runtime input has no value
      at `'<+input>'`: nobody gave this `<+input>` a value
      help: give it with `--input PATH=VALUE` or in an input set, `--input-set FILE`
    ");
}

#[test]
fn statuses_wait() {
    assert_snapshot!(value("<+OnStageFailure>"), @"go: <+OnStageFailure> ← pipeline.yaml:19:94");
}

#[test]
fn text_methods() {
    assert_snapshot!(value("<+codebase.branch.toUpperCase()>"), @"go: MAIN ← git (codebase) ← pipeline.yaml:19:94");
}
