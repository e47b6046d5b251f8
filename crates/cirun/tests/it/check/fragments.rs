//! `cirun check` on documents that are no pipelines, such as templates: each is checked alone.

use insta::assert_snapshot;

use crate::it::support::TestEnvironment;

#[test]
fn a_document_that_is_no_pipeline_is_checked_alone() {
    let documents = "template:\n  name: x\n---\ntrigger:\n  identifier: push\n  inputYml: x\n---\nconnector:\n  identifier: hub\n  type: DockerRegistry\n  spec: {dockerRegistryUrl: https://index.docker.io/v2/, auht: {type: Anonymous}}\n";
    let environment = TestEnvironment::new().file("documents.yaml", documents);
    assert_snapshot!(environment.cirun(&["check", "documents.yaml"]).exits(3), @"
    --- stderr
    incomplete-document

      ⚠ a document without `identifier`
       ╭─[documents.yaml:2:3]
     1 │ template:
     2 │   name: x
       ·   ▲
       ·   ╰── left aside
     3 │ ---
       ╰────
      help: add `identifier:`
    incomplete-document

      ⚠ a document without `versionLabel`
       ╭─[documents.yaml:2:3]
     1 │ template:
     2 │   name: x
       ·   ▲
       ·   ╰── the service refuses to save it
     3 │ ---
       ╰────
      help: add `versionLabel:`
    missing-field

      × `spec` is missing
       ╭─[documents.yaml:2:3]
     1 │ template:
     2 │   name: x
       ·   ▲
       ·   ╰── in this
     3 │ ---
       ╰────
      help: add `spec:`
    missing-field

      × `type` is missing
       ╭─[documents.yaml:2:3]
     1 │ template:
     2 │   name: x
       ·   ▲
       ·   ╰── in this
     3 │ ---
       ╰────
      help: add `type:`
    unknown-field

      ⚠ unknown field `inputYml`
       ╭─[documents.yaml:6:3]
     5 │   identifier: push
     6 │   inputYml: x
       ·   ────┬───
       ·       ╰── nothing reads this
     7 │ ---
       ╰────
      help: did you mean `inputYaml`?
    incomplete-document

      ⚠ a document without `name`
        ╭─[documents.yaml:9:3]
      8 │ connector:
      9 │   identifier: hub
        ·   ▲
        ·   ╰── the service refuses to save it
     10 │   type: DockerRegistry
        ╰────
      help: add `name:`
    unknown-field

      ⚠ unknown field `auht`
        ╭─[documents.yaml:11:58]
     10 │   type: DockerRegistry
     11 │   spec: {dockerRegistryUrl: https://index.docker.io/v2/, auht: {type: Anonymous}}
        ·                                                          ──┬─
        ·                                                            ╰── nothing reads this
        ╰────
      help: did you mean `auth`?
    documents.yaml: 2 errors, 5 warnings, 0 differences from CI
    --- exit status: 3
    ");
}

#[test]
fn a_template_is_planned_without_its_inputs() {
    let stage = "template:\n  identifier: build\n  name: build\n  versionLabel: v1\n  type: Stage\n  spec:\n    type: CI\n    spec:\n      runtime: {type: Cloud, spec: {}}\n      execution:\n        steps:\n          - step:\n              identifier: unit\n              name: unit\n              type: Run\n              timeout: 10 minutes\n              spec:\n                comand: make <+pipeline.variables.target>\n                shell: <+input>\n                image: <+pipeline.variables.image>\n                resources: {limits: {memory: \"<+stage.variables.memory>\"}}\n          - step: {identifier: lint, name: lint, template: {templateRef: account.lint, gitBranch: next}}\n";
    let environment = TestEnvironment::new().file("stage.yaml", stage);
    assert_snapshot!(environment.cirun(&["check", "stage.yaml"]).exits(3), @r#"
    --- stderr
    missing-template

      × no file holds the template `lint` of the account
        ╭─[stage.yaml:22:74]
     21 │                 resources: {limits: {memory: "<+stage.variables.memory>"}}
     22 │           - step: {identifier: lint, name: lint, template: {templateRef: account.lint, gitBranch: next}}
        ·                                                                          ──────┬─────
        ·                                                                                ╰── not found
        ╰────
      help: save it below `.harness/` (or name its directory with `--include`): a
            document `template:` with `identifier: lint`, `type: Step`; CI takes
            it from the branch `next`, so save the file of that branch
    unknown-field

      ⚠ unknown field `comand`
        ╭─[stage.yaml:18:17]
     17 │               spec:
     18 │                 comand: make <+pipeline.variables.target>
        ·                 ───┬──
        ·                    ╰── nothing reads this
     19 │                 shell: <+input>
        ╰────
      help: did you mean `command`?
    image-without-connector

      ☞ `Run` step `unit` has `image` and no `connectorRef`
        ╭─[stage.yaml:13:27]
     12 │           - step:
     13 │               identifier: unit
        ·                           ──┬─
        ·                             ╰── required on Kubernetes, and elsewhere beside `image` (run.connector)
     14 │               name: unit
        ╰────
      help: the image is pulled without credentials
    bad-duration

      × `10 minutes` is not a duration
        ╭─[stage.yaml:16:24]
     15 │               type: Run
     16 │               timeout: 10 minutes
        ·                        ─────┬────
        ·                             ╰── CI cannot read this as a time (documents.durations)
     17 │               spec:
        ╰────
      help: write whole numbers with `w`, `d`, `h`, `m` or `s`, such as `10m` or
            `1h 30m`
    stage.yaml: 2 errors, 1 warning, 0 differences from CI
    --- exit status: 3
    "#);
    assert_snapshot!(environment.cirun(&["plan", "stage.yaml"]).exits(3), @"
    --- stderr
    error: stage.yaml holds no pipeline that can be planned
    --- exit status: 3
    ");
}

#[test]
fn a_step_template_is_planned_where_it_is_said_to_run() {
    let step = "template:\n  identifier: unit\n  name: unit\n  versionLabel: v1\n  type: Step\n  spec:\n    type: Run\n    spec: {command: make, image: <+input>, shell: Sh}\n";
    let environment = TestEnvironment::new().file("step.yaml", step);
    assert_snapshot!(environment.cirun(&["check", "step.yaml"]).exits(0), @"
    --- stderr
    step.yaml: 0 errors, 0 warnings, 0 differences from CI
    --- exit status: 0
    ");
    assert_snapshot!(environment.cirun(&["check", "step.yaml", "--infra", "kubernetes"]).exits(3), @"
    --- stderr
    missing-required-input

      × `Run` step `unit` needs `connectorRef` on kubernetes
       ╭─[step.yaml:2:15]
     1 │ template:
     2 │   identifier: unit
       ·               ──┬─
       ·                 ╰── required on Kubernetes, and elsewhere beside `image` (run.connector)
     3 │   name: unit
       ╰────
      help: set `connectorRef` or `registryRef`
    step.yaml: 1 error, 0 warnings, 0 differences from CI
    --- exit status: 3
    ");
}
