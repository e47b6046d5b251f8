//! Environment layers and their precedence (environment.layers).

use cirun_expressions::{Evaluation, Lookup, Scope, Segment, Value};
use cirun_plan::{Action, Profile};
use cirun_planner::{CodebaseFacts, Inputs, PullRequestFacts, RunFacts};
use insta::assert_snapshot;

use crate::harness::{Outcome, explain, plan_document, plan_steps};

const STEP: &str =
    "- step: {type: Run, name: go, identifier: go, spec: {image: \"alpine:3\", connectorRef: hub, command: env}}\n";

fn facts(inputs: &mut Inputs<'_>) {
    inputs.run = RunFacts { id: "run-1".to_owned(), sequence: 7, now_ms: 1_700_000_000_000, ..RunFacts::default() };
    inputs.codebase = CodebaseFacts {
        branch: Some("main".to_owned()),
        commit_sha: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        commit_before: Some("f".repeat(40)),
        commit_message: Some("say it\n\nat length".to_owned()),
        author_name: Some("ada".to_owned()),
        author_email: Some("ada@example.com".to_owned()),
        repo_url: Some("https://git.example.com/team/shop.git".to_owned()),
        ..CodebaseFacts::default()
    };
}

/// Every variable of the only step.
fn all(outcome: &Outcome) -> String {
    let stage = &outcome.planned.plan.stages[0];
    let Action::Container(container) = &stage.steps()[0].action else { panic!("a container") };
    container.env.iter().map(|(name, var)| format!("{name}={}\n", var.value.value.shown().replace('\n', "⏎"))).collect()
}

#[test]
fn every_variable_on_kubernetes() {
    assert_snapshot!(all(&plan_steps(Profile::Kubernetes, STEP, facts)), @r#"
    DRONE_BUILD_CREATED=1700000000
    DRONE_BUILD_STARTED=1700000000
    DRONE_BUILD_FINISHED=1700000000
    DRONE_STAGE_STARTED=1700000000
    DRONE_STAGE_FINISHED=1700000000
    CI_BUILD_CREATED=1700000000
    CI_BUILD_STARTED=1700000000
    CI_BUILD_FINISHED=1700000000
    DRONE_BUILD_NUMBER=7
    CI_BUILD_NUMBER=7
    DRONE_BUILD_LINK=https://cirun.localhost/runs/run-1
    CI_BUILD_LINK=https://cirun.localhost/runs/run-1
    DRONE_SYSTEM_PROTO=https
    DRONE_SYSTEM_HOST=cirun.localhost
    DRONE_SYSTEM_HOSTNAME=cirun.localhost
    DRONE_BUILD_EVENT=push
    CI_BUILD_EVENT=push
    DRONE_BRANCH=main
    DRONE_TARGET_BRANCH=main
    DRONE_COMMIT_BRANCH=main
    CI_COMMIT_BRANCH=main
    DRONE_REPO_BRANCH=main
    DRONE_SOURCE_BRANCH=main
    DRONE_COMMIT=0123456789abcdef0123456789abcdef01234567
    DRONE_COMMIT_SHA=0123456789abcdef0123456789abcdef01234567
    CI_COMMIT_SHA=0123456789abcdef0123456789abcdef01234567
    DRONE_COMMIT_AFTER=0123456789abcdef0123456789abcdef01234567
    DRONE_COMMIT_BEFORE=ffffffffffffffffffffffffffffffffffffffff
    DRONE_COMMIT_REF=refs/heads/main
    CI_COMMIT_REF=refs/heads/main
    DRONE_COMMIT_MESSAGE=say it⏎⏎at length
    CI_COMMIT_MESSAGE=say it⏎⏎at length
    DRONE_COMMIT_AUTHOR=ada
    CI_COMMIT_AUTHOR=ada
    DRONE_COMMIT_AUTHOR_NAME=ada
    CI_COMMIT_AUTHOR_NAME=ada
    DRONE_BUILD_TRIGGER=ada
    DRONE_COMMIT_AUTHOR_EMAIL=ada@example.com
    CI_COMMIT_AUTHOR_EMAIL=ada@example.com
    CI_REPO_REMOTE=https://git.example.com/team/shop.git
    CI_REMOTE_URL=https://git.example.com/team/shop.git
    DRONE_REPO_LINK=https://git.example.com/team/shop.git
    DRONE_REMOTE_URL=https://git.example.com/team/shop.git
    DRONE_GIT_HTTP_URL=https://git.example.com/team/shop.git
    DRONE_GIT_SSH_URL=git@git.example.com:team/shop.git
    CI_REPO=shop
    CI_REPO_NAME=shop
    DRONE_REPO_NAME=shop
    DRONE_REPO_SCM=Git
    DRONE_REPO_PRIVATE=true
    DRONE_REPO_VISIBILITY=private
    DRONE_REPO_NAMESPACE=ada
    DRONE_REPO_OWNER=ada
    DRONE_REPO=ada/shop
    DRONE_STAGE_STATUS=<+<+OnStageFailure>?"FAILURE":"SUCCESS">
    DRONE_BUILD_STATUS=<+<+OnStageFailure>?"FAILURE":"SUCCESS">
    CI_BUILD_STATUS=<+<+OnStageFailure>?"FAILURE":"SUCCESS">
    DRONE_FAILED_STEPS=<+stage.failedSteps>
    HARNESS_STEP_INDEX=0
    HARNESS_STEP_TOTAL=1
    HARNESS_NODE_INDEX=0
    HARNESS_NODE_TOTAL=1
    DRONE=true
    DRONE_STAGE_KIND=pipeline
    HARNESS_INFRA=KUBERNETES_DIRECT
    HARNESS_WORKSPACE=/harness
    DRONE_STAGE_NAME=build
    HARNESS_ACCOUNT_ID=local
    HARNESS_ORG_ID=default
    HARNESS_PROJECT_ID=local
    HARNESS_USER_ID=local
    HARNESS_PIPELINE_ID=p
    HARNESS_STAGE_ID=build
    HARNESS_BUILD_ID=7
    HARNESS_EXECUTION_ID=run-1
    PLUGIN_PIPELINE=p
    HARNESS_DELEGATE_ID=local
    HARNESS_STAGE_INDEX=0
    HARNESS_STAGE_TOTAL=1
    DRONE_STEP_NAME=go
    DRONE_STEP_NUMBER=1
    DRONE_ENV=/tmp/engine/go-export.env
    DRONE_OUTPUT=/tmp/engine/go-output.env
    HARNESS_OUTPUT_FILE=/tmp/engine/go-output.env
    HARNESS_OUTPUT_SECRET_FILE=/tmp/engine/go-output-secrets.env
    PLUGIN_ARTIFACT_FILE=/tmp/engine/go-artifact
    HARNESS_ARTIFACT_FILE_PATH=/tmp/engine/go-artifact.json
    HARNESS_ANNOTATIONS_FILE=/tmp/engine/go-annotations.json
    "#);
}

#[test]
fn every_variable_on_vm() {
    assert_snapshot!(all(&plan_steps(Profile::Vm, STEP, facts)), @r#"
    DRONE_STAGE_OS=linux
    DRONE_STAGE_ARCH=Amd64
    DRONE_STAGE_MACHINE=local
    DRONE_STAGE_TYPE=VM
    DRONE_NETRC_MACHINE=git.example.com
    DRONE_WORKSPACE=/harness
    DRONE_BUILD_CREATED=1700000000
    DRONE_BUILD_STARTED=1700000000
    DRONE_BUILD_FINISHED=1700000000
    DRONE_STAGE_STARTED=1700000000
    DRONE_STAGE_FINISHED=1700000000
    CI_BUILD_CREATED=1700000000
    CI_BUILD_STARTED=1700000000
    CI_BUILD_FINISHED=1700000000
    DRONE_BUILD_NUMBER=7
    CI_BUILD_NUMBER=7
    DRONE_BUILD_LINK=https://cirun.localhost/runs/run-1
    CI_BUILD_LINK=https://cirun.localhost/runs/run-1
    DRONE_SYSTEM_PROTO=https
    DRONE_SYSTEM_HOST=cirun.localhost
    DRONE_SYSTEM_HOSTNAME=cirun.localhost
    DRONE_BUILD_EVENT=push
    CI_BUILD_EVENT=push
    DRONE_BRANCH=main
    DRONE_TARGET_BRANCH=main
    DRONE_COMMIT_BRANCH=main
    CI_COMMIT_BRANCH=main
    DRONE_REPO_BRANCH=main
    DRONE_SOURCE_BRANCH=main
    DRONE_COMMIT=0123456789abcdef0123456789abcdef01234567
    DRONE_COMMIT_SHA=0123456789abcdef0123456789abcdef01234567
    CI_COMMIT_SHA=0123456789abcdef0123456789abcdef01234567
    DRONE_COMMIT_AFTER=0123456789abcdef0123456789abcdef01234567
    DRONE_COMMIT_BEFORE=ffffffffffffffffffffffffffffffffffffffff
    DRONE_COMMIT_REF=refs/heads/main
    CI_COMMIT_REF=refs/heads/main
    DRONE_COMMIT_MESSAGE=say it⏎⏎at length
    CI_COMMIT_MESSAGE=say it⏎⏎at length
    DRONE_COMMIT_AUTHOR=ada
    CI_COMMIT_AUTHOR=ada
    DRONE_COMMIT_AUTHOR_NAME=ada
    CI_COMMIT_AUTHOR_NAME=ada
    DRONE_BUILD_TRIGGER=ada
    DRONE_COMMIT_AUTHOR_EMAIL=ada@example.com
    CI_COMMIT_AUTHOR_EMAIL=ada@example.com
    CI_REPO_REMOTE=https://git.example.com/team/shop.git
    CI_REMOTE_URL=https://git.example.com/team/shop.git
    DRONE_REPO_LINK=https://git.example.com/team/shop.git
    DRONE_REMOTE_URL=https://git.example.com/team/shop.git
    DRONE_GIT_HTTP_URL=https://git.example.com/team/shop.git
    DRONE_GIT_SSH_URL=git@git.example.com:team/shop.git
    CI_REPO=shop
    CI_REPO_NAME=shop
    DRONE_REPO_NAME=shop
    DRONE_REPO_SCM=Git
    DRONE_REPO_PRIVATE=true
    DRONE_REPO_VISIBILITY=private
    DRONE_REPO_NAMESPACE=ada
    DRONE_REPO_OWNER=ada
    DRONE_REPO=ada/shop
    DRONE=true
    DRONE_STAGE_KIND=pipeline
    HARNESS_INFRA=VM
    HARNESS_WORKSPACE=/harness
    DRONE_STAGE_NAME=build
    HARNESS_ACCOUNT_ID=local
    HARNESS_ORG_ID=default
    HARNESS_PROJECT_ID=local
    HARNESS_USER_ID=local
    HARNESS_PIPELINE_ID=p
    HARNESS_STAGE_ID=build
    HARNESS_BUILD_ID=7
    HARNESS_EXECUTION_ID=run-1
    PLUGIN_PIPELINE=p
    HARNESS_DELEGATE_ID=local
    HARNESS_STAGE_INDEX=0
    HARNESS_STAGE_TOTAL=1
    DRONE_STAGE_STATUS=<+<+OnStageFailure>?"FAILURE":"SUCCESS">
    DRONE_BUILD_STATUS=<+<+OnStageFailure>?"FAILURE":"SUCCESS">
    CI_BUILD_STATUS=<+<+OnStageFailure>?"FAILURE":"SUCCESS">
    DRONE_FAILED_STEPS=<+stage.failedSteps>
    HARNESS_STEP_INDEX=0
    HARNESS_STEP_TOTAL=1
    HARNESS_NODE_INDEX=0
    HARNESS_NODE_TOTAL=1
    DRONE_ENV=/tmp/engine/go-export.env
    DRONE_OUTPUT=/tmp/engine/go-output.env
    HARNESS_OUTPUT_FILE=/tmp/engine/go-output.env
    HARNESS_OUTPUT_SECRET_FILE=/tmp/engine/go-output-secrets.env
    PLUGIN_ARTIFACT_FILE=/tmp/engine/go-artifact
    HARNESS_ARTIFACT_FILE_PATH=/tmp/engine/go-artifact.json
    HARNESS_ANNOTATIONS_FILE=/tmp/engine/go-annotations.json
    "#);
}

#[test]
fn docker_has_no_drone_workspace() {
    assert_eq!(explain(&plan_steps(Profile::Docker, STEP, facts), "DRONE_WORKSPACE"), "");
    assert_snapshot!(explain(&plan_steps(Profile::Cloud, STEP, facts), "DRONE_WORKSPACE"), @"go: /harness ← CI service (environment.infrastructure)");
}

#[test]
fn tag_build() {
    let outcome = plan_steps(Profile::Vm, STEP, |inputs| {
        facts(inputs);
        inputs.codebase.tag = Some("v2.1.0".to_owned());
    });
    let of_tag: String = ["DRONE_TAG", "DRONE_BUILD_EVENT", "DRONE_COMMIT_REF", "DRONE_SEMVER_SHORT"]
        .iter()
        .map(|name| format!("{name} {}", explain(&outcome, name)))
        .collect();
    assert_snapshot!(of_tag, @"
    DRONE_TAG go: v2.1.0 ← git (environment.codebase)
    DRONE_BUILD_EVENT go: tag ← git (environment.codebase)
    DRONE_COMMIT_REF go: refs/tags/v2.1.0 ← git (environment.codebase)
    DRONE_SEMVER_SHORT go: 2.1.0 ← git (environment.codebase)
    ");
}

#[test]
fn calendar_version_tag() {
    let outcome = plan_steps(Profile::Vm, STEP, |inputs| {
        facts(inputs);
        inputs.codebase.tag = Some("2026.3.1-rc".to_owned());
    });
    let of_tag: String = ["DRONE_CALVER", "DRONE_CALVER_SHORT", "DRONE_SEMVER", "DRONE_BRANCH", "CI_COMMIT_BRANCH"]
        .iter()
        .map(|name| format!("{name} {}\n", explain(&outcome, name).trim_end()))
        .collect();
    assert_snapshot!(of_tag, @"
    DRONE_CALVER go: 2026.3.1-rc ← git (environment.codebase)
    DRONE_CALVER_SHORT go: 2026.3.1 ← git (environment.codebase)
    DRONE_SEMVER go: 2026.3.1-rc ← git (environment.codebase)
    DRONE_BRANCH 
    CI_COMMIT_BRANCH
    ");
}

#[test]
fn pull_request_build() {
    let outcome = plan_steps(Profile::Vm, STEP, |inputs| {
        facts(inputs);
        inputs.codebase.pull_request = Some(PullRequestFacts {
            number: "12".to_owned(),
            title: Some("Better".to_owned()),
            source_branch: Some("better".to_owned()),
            target_branch: Some("main".to_owned()),
        });
    });
    let of_request: String =
        ["DRONE_PULL_REQUEST", "DRONE_BUILD_EVENT", "DRONE_SOURCE_BRANCH", "DRONE_TARGET_BRANCH", "DRONE_COMMIT_REF"]
            .iter()
            .map(|name| format!("{name} {}", explain(&outcome, name)))
            .collect();
    assert_snapshot!(of_request, @"
    DRONE_PULL_REQUEST go: 12 ← git (environment.codebase)
    DRONE_BUILD_EVENT go: pull_request ← git (environment.codebase)
    DRONE_SOURCE_BRANCH go: better ← git (environment.codebase)
    DRONE_TARGET_BRANCH go: main ← git (environment.codebase)
    DRONE_COMMIT_REF go: refs/pull/12/head ← git (environment.codebase)
    ");
}

/// A run in which the stage's state is known.
struct Running {
    failed: bool,
}

impl Scope for Running {
    fn lookup(&self, path: &[Segment]) -> Lookup {
        match path {
            [Segment::Key(name)] if name == "OnStageFailure" => {
                Lookup::Found { value: Value::Bool(self.failed), secret: false }
            }
            _ => Lookup::Missing,
        }
    }

    fn secret(&self, _id: &str) -> Lookup {
        Lookup::Missing
    }

    fn now_ms(&self) -> i64 {
        0
    }
}

#[test]
fn status_of_the_stage_is_taken_at_the_steps_start() {
    let outcome = plan_steps(Profile::Vm, STEP, facts);
    let Action::Container(container) = &outcome.planned.plan.stages[0].steps()[0].action else { panic!("a container") };
    let status = &container.env.get("DRONE_STAGE_STATUS").expect("the status").value.value;
    for (failed, expected) in [(false, "SUCCESS"), (true, "FAILURE")] {
        let Ok(Evaluation::Ready { value, .. }) = status.resolve(&Running { failed }) else { panic!("a value") };
        assert_eq!(value.render(), expected);
    }
}

/// A pipeline, stage and step that set the same names.
fn layered(profile: &str) -> Outcome {
    let text = format!(
        "pipeline:\n  identifier: p\n  name: p\n  variables:\n    - {{name: A, type: String, value: pipeline}}\n    - {{name: B, type: String, value: pipeline}}\n    - {{name: C, type: String, value: pipeline}}\n    - {{name: DRONE_BRANCH, type: String, value: pipeline}}\n    - {{name: HARNESS_STAGE_ID, type: String, value: pipeline}}\n    - {{name: S, type: Secret, value: token}}\n    - {{name: EMPTY, type: String, value: \"\"}}\n  stages:\n    - stage:\n        identifier: build\n        name: build\n        type: CI\n        variables:\n          - {{name: B, type: String, value: stage}}\n          - {{name: C, type: String, value: stage}}\n        spec:\n          {profile}\n          execution:\n            steps:\n              - step:\n                  type: Run\n                  name: go\n                  identifier: go\n                  spec: {{image: \"alpine:3\", connectorRef: hub, command: env, envVariables: {{C: step, DRONE_OUTPUT: mine}}}}\n---\nconnector: {{identifier: hub, name: hub, type: DockerRegistry, spec: {{dockerRegistryUrl: \"https://index.docker.io/v2/\", providerType: DockerHub, auth: {{type: Anonymous}}}}}}\n"
    );
    plan_document(&text, |inputs| {
        facts(inputs);
        inputs.env.insert("E".to_owned(), "flag".to_owned());
    })
}

fn precedence(outcome: &Outcome) -> String {
    ["A", "B", "C", "DRONE_BRANCH", "HARNESS_STAGE_ID", "S", "EMPTY", "E", "DRONE_OUTPUT"]
        .iter()
        .map(|name| format!("{name} {}\n", explain(outcome, name).trim_end()))
        .collect()
}

#[test]
fn precedence_on_vm() {
    assert_snapshot!(precedence(&layered("infrastructure: {type: VM, spec: {type: Pool, spec: {poolName: p}}}")), @"
    A go: pipeline ← pipeline.yaml:5:38
    B go: stage ← pipeline.yaml:18:44
    C go: step ← pipeline.yaml:28:96
    DRONE_BRANCH go: pipeline ← pipeline.yaml:8:49
    HARNESS_STAGE_ID go: pipeline ← pipeline.yaml:9:53
    S go: *** ← secret token (test) ← pipeline.yaml:10:38
    EMPTY 
    E go: flag ← --env
    DRONE_OUTPUT go: /tmp/engine/go-output.env ← CI service (environment.files)
    ");
}

#[test]
fn precedence_on_kubernetes() {
    assert_snapshot!(precedence(&layered("infrastructure: {type: KubernetesDirect, spec: {connectorRef: k, namespace: n}}")), @"
    A go: pipeline ← pipeline.yaml:5:38
    B go: stage ← pipeline.yaml:18:44
    C go: step ← pipeline.yaml:28:96
    DRONE_BRANCH go: main ← git (environment.codebase)
    HARNESS_STAGE_ID go: build ← CI service (environment.identity)
    S go: *** ← secret token (test) ← pipeline.yaml:10:38
    EMPTY go:  ← pipeline.yaml:11:42
    E go: flag ← --env
    DRONE_OUTPUT go: /tmp/engine/go-output.env ← CI service (environment.files)
    ");
}
