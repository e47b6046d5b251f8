//! The values that expressions have in a plan.

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::{Outcome, diagnostics, document, explain, plan_document, plan_steps};

/// The value of an expression in a step's environment, and its diagnostics.
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
    assert_snapshot!(value("<+pipeline.identifier>-<+stage.identifier>-<+step.identifier>-<+pipeline.sequenceId>"), @"go: p-build-go-7 ← CI service (expressions.run-values) ← pipeline.yaml:19:94");
}

#[test]
fn the_page_of_the_run() {
    assert_snapshot!(value("<+pipeline.execution.url> <+pipeline.executionUrl>"), @"go: https://cirun.localhost/runs/local https://cirun.localhost/runs/local ← CI service (expressions.run-values) ← pipeline.yaml:19:94");
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
      help: set it with `--secret no_such`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_such`
    "#);
}

#[test]
fn secret_missing_behind_an_output() {
    assert_snapshot!(value("<+steps.first.output.outputVariables.A> <+secrets.getValue(\"no_such\")>"), @r#"
    go: <+steps.first.output.outputVariables.A> <+secrets.getValue("no_such")> ← pipeline.yaml:19:94
    error[missing-secret] the secret `no_such` has no value
      at `'<+steps.first.output.outputVariables.A> <+secrets.getValue("no_such")>'`: needed here
      help: set it with `--secret no_such`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_such`
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
      help: correct the name, or set a local value with `--var no.such.thing=VALUE`
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
      at `'<+input>'`: this `<+input>` has no value
      help: set it with `--input PATH=VALUE`, or in an input set with `--input-set FILE`
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

/// A step in a group, a looped step and a looped stage; `X` of the step `g.go` is the expression.
fn within_groups(expression: &str) -> String {
    let run = |id: &str, more: &str| {
        format!(
            "{{type: Run, name: {id}, identifier: {id}, spec: {{image: 'a', connectorRef: hub, command: c{more}}}}}"
        )
    };
    let variable = format!(", envVariables: {{X: '{}'}}", expression.replace('\'', "''"));
    let steps = format!(
        "- step: {}\n- step: {}\n- stepGroup:\n    identifier: g\n    name: Group\n    variables: [{{name: v, type: String, value: w}}]\n    steps:\n      - step: {}\n      - step: {}\n",
        run("top", ""),
        run("looped", "").replace(", spec:", ", strategy: {parallelism: 2}, spec:"),
        run("inner", ""),
        run("go", &variable),
    );
    let outcome = plan_steps(Profile::Kubernetes, &steps, |_| {});
    let shown = explain(&outcome, "X");
    let value = shown.split(" ← ").next().unwrap_or_default().trim_start_matches("g.go: ").to_owned();
    let found: Vec<String> = diagnostics(&outcome).lines().map(|line| line.trim().to_owned()).collect();
    let help = found.iter().find(|line| line.starts_with("help")).map(|line| format!(" ({line})"));
    match (value == expression, value.as_str()) {
        (true, _) => "later".to_owned(),
        (false, value) => format!("{value}{}", help.unwrap_or_default()),
    }
}

#[test]
fn what_only_the_run_knows_waits() {
    for name in [
        "pipeline.status",
        "pipeline.currentStatus",
        "pipeline.stages.build.status",
        "pipeline.stages.build.currentStatus",
        "pipeline.stages.build.spec.execution.steps.g.steps.inner.output.outputVariables.A",
        "pipeline.stages.build.spec.execution.status",
        "stage.status",
        "stage.liveStatus",
        "stage.startTs",
        "stage.spec.execution.steps.top.status",
        "execution.currentStatus",
        "execution.steps.top.status",
        "execution.steps.looped.status",
        "execution.steps.looped_1.status",
        "execution.steps.looped_1.output.outputVariables.A",
        "execution.steps.g.status",
        "execution.steps.g.steps.inner.status",
        "steps.inner.output.outputVariables.A",
        "steps.top.retryCount",
        "steps.g.steps.inner.startTs",
        "stepGroup.status",
        "stepGroup.currentStatus",
        "stepGroup.startTs",
        "stepGroup.steps.inner.status",
        "stepGroup.steps.inner.output.outputVariables.A",
        "strategy.node.looped.currentStatus",
        "OnStageFailure",
        "currentStatus",
        "artifact_g_inner.stepArtifacts.publishedImageArtifacts[0].digest",
        "steps.inner.artifact_g_inner.stepArtifacts",
    ] {
        let expression = format!("<+{name}>");
        assert_eq!(within_groups(&expression), "later", "{name}");
    }
}

#[test]
fn what_no_run_can_know_is_null_at_once() {
    let shown: Vec<String> = [
        "execution.steps.inner.status",
        "execution.steps.g.inner.status",
        "execution.steps.g.steps.iner.status",
        "execution.steps.g.output.outputVariables.A",
        "execution.steps.looped.output.outputVariables.A",
        "execution.steps.top_1.status",
        "stepGroup.steps.top.status",
        "steps.top.nothing",
        "steps.unknown.status",
        "artifact_inner.stepArtifacts",
        "artifact_g.stepArtifacts",
        "pipeline.stages.other.status",
        "strategy.currentStatus",
        "trigger.branch",
        "eventPayload.pull_request.number",
    ]
    .map(|name| format!("{name}: {}", within_groups(&format!("<+{name}>"))))
    .into();
    assert_snapshot!(shown.join("\n"), @"
    execution.steps.inner.status: null (help: did you mean `<+execution.steps.g.steps.inner.status>`?)
    execution.steps.g.inner.status: null (help: correct the name, or set a local value with `--var execution.steps.g.inner.status=VALUE`)
    execution.steps.g.steps.iner.status: null (help: did you mean `<+execution.steps.g.steps.inner.status>`?)
    execution.steps.g.output.outputVariables.A: null (help: correct the name, or set a local value with `--var execution.steps.g.output.outputVariables.A=VALUE`)
    execution.steps.looped.output.outputVariables.A: null (help: correct the name, or set a local value with `--var execution.steps.looped.output.outputVariables.A=VALUE`)
    execution.steps.top_1.status: null (help: did you mean `<+execution.steps.top.status>`?)
    stepGroup.steps.top.status: null (help: correct the name, or set a local value with `--var stepGroup.steps.top.status=VALUE`)
    steps.top.nothing: null (help: correct the name, or set a local value with `--var steps.top.nothing=VALUE`)
    steps.unknown.status: null (help: correct the name, or set a local value with `--var steps.unknown.status=VALUE`)
    artifact_inner.stepArtifacts: null (help: correct the name, or set a local value with `--var artifact_inner.stepArtifacts=VALUE`)
    artifact_g.stepArtifacts: null (help: correct the name, or set a local value with `--var artifact_g.stepArtifacts=VALUE`)
    pipeline.stages.other.status: null (help: correct the name, or set a local value with `--var pipeline.stages.other.status=VALUE`)
    strategy.currentStatus: null (help: correct the name, or set a local value with `--var strategy.currentStatus=VALUE`)
    trigger.branch: null (help: set one with `--var trigger.branch=VALUE`)
    eventPayload.pull_request.number: null (help: set one with `--var eventPayload.pull_request.number=VALUE`)
    ");
}

#[test]
fn a_group_knows_its_own() {
    assert_snapshot!(within_groups("<+stepGroup.identifier> <+stepGroup.name> <+stepGroup.variables.v>"), @"g Group w");
}

#[test]
fn a_loop_waits_for_its_status() {
    let step = "- step:\n    type: Run\n    name: go\n    identifier: go\n    strategy: {parallelism: 1}\n    spec: {image: a, connectorRef: hub, command: c, envVariables: {X: '<+strategy.currentStatus> <+strategy.iteration>'}}";
    assert_snapshot!(explain(&plan_steps(Profile::Kubernetes, step, |_| {}), "X"), @"go_0: <+strategy.currentStatus> <+strategy.iteration> ← pipeline.yaml:19:83");
}

#[test]
fn unknown_names_beside_waiting_ones_are_reported() {
    assert_snapshot!(value("<+steps.first.status> <+unknown.knows> <+steps.first.nothing>"), @"
    go: <+steps.first.status> <+unknown.knows> <+steps.first.nothing> ← pipeline.yaml:19:94
    warning[unresolved-expression] `unknown.knows` does not resolve
      at `'<+steps.first.status> <+unknown.knows> <+steps.first.nothing>'`: becomes the text `null`, as in the CI service
      help: correct the name, or set a local value with `--var unknown.knows=VALUE`
    warning[unresolved-expression] `steps.first.nothing` does not resolve
      at `'<+steps.first.status> <+unknown.knows> <+steps.first.nothing>'`: becomes the text `null`, as in the CI service
      help: correct the name, or set a local value with `--var steps.first.nothing=VALUE`
    ");
}

#[test]
fn without_a_clone_there_is_no_codebase() {
    let text = document(
        Profile::Kubernetes,
        "- step: {type: Run, name: go, identifier: go, spec: {image: a, connectorRef: hub, command: c, envVariables: {X: '<+codebase.branch>'}}}",
    );
    let outcome = plan_document(&text.replace("cloneCodebase: true", "cloneCodebase: false"), |inputs| {
        inputs.codebase.branch = Some("main".to_owned());
    });
    assert_snapshot!(explain(&outcome, "X") + &diagnostics(&outcome), @"
    go: null ← pipeline.yaml:14:125
    warning[unresolved-expression] `codebase.branch` does not resolve
      at `'<+codebase.branch>'`: becomes the text `null`, as in the CI service
      help: correct the name, or set a local value with `--var codebase.branch=VALUE`
    ");
}

#[test]
fn tags_and_numbers_of_the_pipeline() {
    let step = "- step: {type: Run, name: go, identifier: go, spec: {command: c, envVariables: {X: '<+pipeline.tags.team> <+pipeline.variables.n + 1> <+pipeline.variables.version> <+pipeline.variables.text + 1>'}}}";
    let more = "  tags: {team: web}\n  variables:\n    - {name: n, type: Number, value: 5}\n    - {name: version, type: Number, value: 1.10}\n    - {name: text, type: String, value: 5}\n  stages:\n";
    let text = document(Profile::Cloud, step).replacen("  stages:\n", more, 1);
    assert_snapshot!(explain(&plan_document(&text, |_| {}), "X"), @"go: web 6 1.10 51 ← pipeline.yaml:8:41 ← pipeline.yaml:7:44 ← pipeline.yaml:6:38 ← pipeline.yaml:19:96");
}

const STAGES: &str = "pipeline:
  identifier: p
  name: p
  properties: {ci: {codebase: {connectorRef: account.git, repoName: shop, build: <+input>}}}
  stages:
    - stage:
        identifier: first
        name: first
        type: CI
        variables: [{name: x, type: String, value: one}, {name: y, type: String, value: <+stage.name>-y}]
        spec: {runtime: {type: Cloud, spec: {}}, execution: {steps: [{step: {identifier: a, name: a, type: Run, spec: {command: pwd}}}]}}
    - stage:
        identifier: second
        name: second
        type: CI
        spec: {runtime: {type: Cloud, spec: {}}, execution: {steps: [{step: {identifier: a, name: a, type: Run, spec: {command: \"echo EXPRESSION\"}}}]}}
";

/// The value of an expression in the second stage, and its diagnostics.
fn in_second(expression: &str) -> String {
    let outcome = plan_document(&STAGES.replace("EXPRESSION", expression), |inputs| {
        inputs.codebase.branch = Some("main".to_owned());
        inputs.codebase.commit_sha = Some("0123456789".to_owned());
    });
    let step = *outcome.planned.plan.stages[1].steps().first().expect("a step");
    let cirun_plan::Action::Host(host) = &step.action else { panic!("a host step") };
    let said = diagnostics(&outcome);
    format!("{}\n{said}", host.script.as_ref().expect("a script").value.shown())
}

#[test]
fn names_that_pipelines_use() {
    assert_snapshot!(in_second("<+first.variables.x> <+first.variables.y> <+first.name>"), @"echo one first-y first");
    assert_snapshot!(in_second("<+pipeline.branch> <+pipeline.properties.ci.codebase.repoName>"), @"echo main shop");
    assert_snapshot!(in_second("<+pipeline.properties.ci.codebase.build.type> <+pipeline.properties.ci.codebase.build.spec.branch> <+pipeline.properties.ci.codebase.connectorRef>"), @"echo branch main account.git");
}

#[test]
fn names_that_only_the_service_knows() {
    assert_snapshot!(in_second("<+trigger.branch>"), @r#"
    echo null
    note[unresolved-expression] `trigger.branch` has no value here
      at `"echo <+trigger.branch>"`: null as in CI, where no trigger starts the pipeline
      help: set one with `--var trigger.branch=VALUE`
    "#);
    assert_snapshot!(in_second("<+variable.org.x>"), @r#"
    echo null
    warning[unresolved-expression] `variable.org.x` has no value here
      at `"echo <+variable.org.x>"`: becomes the text `null`: variables of projects, organisations and accounts exist only in Harness
      help: set one with `--var variable.org.x=VALUE`
    "#);
    assert_snapshot!(in_second("<+variabel.org.x>"), @r#"
    echo null
    warning[unresolved-expression] `variabel.org.x` does not resolve
      at `"echo <+variabel.org.x>"`: becomes the text `null`, as in the CI service
      help: correct the name, or set a local value with `--var variabel.org.x=VALUE`
    "#);
}
