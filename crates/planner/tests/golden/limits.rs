//! Limits and retries of steps, and values that are decided too late.

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::{diagnostics, plan_steps};

/// The names in the Studio's tables, and limits with which no container starts.
#[test]
fn limits() {
    let of = |limit: &str| {
        let step = format!(
            "- step:\n    type: Background\n    name: db\n    identifier: db\n    spec:\n      image: redis:7\n      connectorRef: hub\n      resources: {{limits: {{memory: \"{limit}\"}}}}\n"
        );
        diagnostics(&plan_steps(Profile::Kubernetes, &step, |_| {}))
    };
    assert_snapshot!(["5", "5Ki", "5 Mi"].map(of).concat(), @r#"
    error[bad-quantity] the memory limit `5` is out of range
      at `"5"`: a number with a unit, without a blank (infra.limits)
      help: a plain number counts bytes, and no container starts in less than 6Mi: did you mean `5Mi`?
    error[bad-quantity] the memory limit `5Ki` is out of range
      at `"5Ki"`: a number with a unit, without a blank (infra.limits)
      help: no container starts in less than 6Mi: the default is `500Mi`
    error[bad-quantity] the memory limit `5 Mi` has a space in it
      at `"5 Mi"`: a number with a unit, without a blank (infra.limits)
      help: write `5Mi`, without the space
    "#);
}

#[test]
fn without_effect_on_a_build() {
    let step = "
- step:
    type: BuildAndPushECR
    name: push
    identifier: push
    spec:
      connectorRef: keys
      account: \"123456789012\"
      region: us-east-1
      imageName: app
      tags: [a]
      privileged: true
      imagePullPolicy: Always
";
    let found = diagnostics(&plan_steps(Profile::Vm, step, |_| {}));
    assert_snapshot!(found, @"
    warning[ignored-input] `privileged` has no effect on this step
      at `true`: no such input, and no variable of the plugin is made of it (ecr.no-such-input)
      help: remove `privileged`
    warning[ignored-input] `imagePullPolicy` has no effect on this step
      at `Always`: no such input, and no variable of the plugin is made of it (ecr.no-such-input)
      help: remove `imagePullPolicy`
    ");
}

/// A pod is created before any of its steps runs, and ports are bound when a container is created.
#[test]
fn decided_too_late() {
    let step = "
- step:
    type: Run
    name: tag
    identifier: tag
    spec: {image: \"busybox:1\", connectorRef: hub, command: \"TAG=7\", outputVariables: [{name: TAG}]}
- step:
    type: Background
    name: db
    identifier: db
    spec:
      image: redis:<+steps.tag.output.outputVariables.TAG>
      connectorRef: hub
- step:
    type: Background
    name: web
    identifier: web
    spec:
      image: httpd:2
      portBindings: {\"8080\": <+steps.tag.output.outputVariables.TAG>}
      ports: [\"<+steps.tag.output.outputVariables.TAG>:80\"]
- step:
    type: Run
    name: next
    identifier: next
    spec: {image: \"busybox:<+pipeline.stages.before.spec.execution.steps.tag.output.outputVariables.TAG>\", connectorRef: hub, command: \"true\"}
";
    let found: String = [Profile::Kubernetes, Profile::Vm]
        .map(|profile| format!("== {profile}\n{}", diagnostics(&plan_steps(profile, step, |_| {}))))
        .concat();
    assert_snapshot!(found, @r#"
    == kubernetes
    error[decided-too-late] the image of a pod depends on a step that has not run: `redis:<+steps.tag.output.outputVariables.TAG>`
      at `redis:<+steps.tag.output.outputVariables.TAG>`: must be known before the stage begins
    error[missing-required-input] `Background` step `web` needs `connectorRef` on kubernetes
      at `web`: required on Kubernetes unless `harnessManagedImage` is set (background.connector)
      help: set `connectorRef` or `harnessManagedImage`
    error[rejected-input] `portBindings` is refused on kubernetes
      at `{"8080": <+steps.tag.output.outputVariables.TAG>}`: Kubernetes refuses them (background.port-bindings)
      help: remove `portBindings`
    warning[ignored-input] `ports` has no effect on kubernetes
      at `["<+steps.tag.output.outputVariables.TAG>:80"]`: a second form of `portBindings`, not on Kubernetes (background.ports)
      help: remove `ports`, or run the stage where it has an effect
    warning[unresolved-expression] `pipeline.stages.before.spec.execution.steps.tag.output.outputVariables.TAG` does not resolve
      at `"busybox:<+pipeline.stages.before.spec.execution.steps.tag.output.outputVariables.TAG>"`: becomes the text `null`, as in the CI service
      help: correct the name, or set a local value with `--var pipeline.stages.before.spec.execution.steps.tag.output.outputVariables.TAG=VALUE`
    == vm
    error[decided-too-late] a port binding depends on a step that has not run: `<+steps.tag.output.outputVariables.TAG>`
      at `<+steps.tag.output.outputVariables.TAG>`: must be known before the stage begins
    error[decided-too-late] a port binding depends on a step that has not run: `<+steps.tag.output.outputVariables.TAG>:80`
      at `["<+steps.tag.output.outputVariables.TAG>:80"]`: must be known before the stage begins
    warning[unresolved-expression] `pipeline.stages.before.spec.execution.steps.tag.output.outputVariables.TAG` does not resolve
      at `"busybox:<+pipeline.stages.before.spec.execution.steps.tag.output.outputVariables.TAG>"`: becomes the text `null`, as in the CI service
      help: correct the name, or set a local value with `--var pipeline.stages.before.spec.execution.steps.tag.output.outputVariables.TAG=VALUE`
    "#);
}

/// The plan has the number of times that CI starts a step, with its default.
#[test]
fn retry() {
    let step = "
- step:
    type: Background
    name: db
    identifier: db
    spec: {image: \"redis:7\", connectorRef: hub}
- step:
    type: BuildAndPushECR
    name: push
    identifier: push
    spec: {connectorRef: keys, account: \"123456789012\", region: us-east-1, imageName: app, tags: [a], retry: 3}
";
    let outcome = plan_steps(Profile::Vm, step, |_| {});
    let stages = &outcome.planned.plan.stages;
    let retries: String = stages
        .iter()
        .flat_map(|stage| stage.steps())
        .filter_map(|step| {
            step.retry.as_ref().map(|retry| format!("{}: {} ← {}\n", step.path, retry.value, retry.origin))
        })
        .collect();
    assert_snapshot!(retries, @"
    db: 1 ← default (background.retry)
    push: 3 ← pipeline.yaml:23:122
    ");
}
