//! Containerised step groups (groups.own).

use cirun_plan::{Mount, Profile, Storage};
use cirun_planner::Setting;
use insta::assert_snapshot;

use crate::harness::{Outcome, diagnostics, plan_document, render, steps};

const GROUP: &str = "
- stepGroup:
    identifier: g
    name: g
    sharedPaths: [/var/run, /var/lib/docker]
    stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, namespace: ci}}
    steps:
      - step: {type: Background, identifier: db, name: db, spec: {connectorRef: hub, image: redis, privileged: true}}
      - step: {type: Run, identifier: ask, name: ask, spec: {connectorRef: hub, image: busybox, command: nc g_db 6379}}
";

/// The containerised groups of every stage, then the plan.
fn shown(outcome: &Outcome) -> String {
    let mut text = String::new();
    for stage in &outcome.planned.plan.stages {
        for group in &stage.containerised {
            let paths: Vec<&str> = group.shared_paths.iter().map(|mount| mount.value.path.as_str()).collect();
            text.push_str(&format!(
                "{} {}: {} ← {}, shares {paths:?}\n",
                stage.id, group.path, group.profile.value, group.profile.origin
            ));
        }
        let own: Vec<&str> = stage.shared_paths.iter().map(|mount| mount.value.path.as_str()).collect();
        text.push_str(&format!("{} ({}) shares {own:?}\n", stage.id, stage.profile.value));
    }
    text + &render(outcome)
}

fn stage(kind: &str, steps: &str) -> String {
    let steps: String = steps.trim_matches('\n').lines().map(|line| format!("            {line}\n")).collect();
    format!(
        "pipeline:\n  identifier: p\n  name: p\n  stages:\n    - stage:\n        identifier: deploy\n        name: deploy\n        type: {kind}\n        spec:\n          execution:\n            steps:\n{steps}---\nconnector:\n  identifier: hub\n  name: hub\n  type: DockerRegistry\n  spec: {{dockerRegistryUrl: \"https://index.docker.io/v2/\", providerType: DockerHub, auth: {{type: Anonymous}}}}\n"
    )
}

#[test]
fn in_a_ci_stage_of_another_profile() {
    let outcome = crate::harness::plan_steps(Profile::Cloud, GROUP, |_| {});
    assert_snapshot!(shown(&outcome), @r#"
    build g: kubernetes ← pipeline.yaml:18:40, shares ["/var/run", "/var/lib/docker"]
    build (cloud) shares []
    StepGroup g (at most 1)
      service g.db Background
        image: redis
        pull: Always
        aliases: g_db
        privileged: pipeline.yaml:20:124
      g.ask Run
        image: busybox
        pull: Always
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎nc g_db 6379
    parity[step-group-infra] the steps of `g` see the stage's workspace
      at `KubernetesDirect`: in CI the group has a workspace of its own, empty at first
    "#);
}

#[test]
fn in_a_deployment_stage_beside_steps_of_the_delegate() {
    let others = "
- step: {type: ShellScript, identifier: before, name: before, spec: {shell: Bash}}
- step: {type: Run, identifier: bare, name: bare, spec: {connectorRef: hub, image: busybox, command: make}}
";
    assert_snapshot!(shown(&plan_document(&stage("Deployment", &format!("{others}{GROUP}")), |_| {})), @r#"
    deploy g: kubernetes ← pipeline.yaml:19:40, shares ["/var/run", "/var/lib/docker"]
    deploy (kubernetes) shares []
    before ShellScript
      skipped: outside containerised step groups, a delegate runs the steps of a `Deployment` stage
    bare Run
      skipped: outside containerised step groups, a delegate runs the steps of a `Deployment` stage
    StepGroup g (at most 1)
      service g.db Background
        image: redis
        pull: Always
        aliases: g_db
        privileged: pipeline.yaml:21:124
      g.ask Run
        image: busybox
        pull: Always
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎nc g_db 6379
    parity[step-not-run] `before` is skipped: outside containerised step groups, a delegate runs the steps of a `Deployment` stage
      at `ShellScript`: Harness runs this step
    parity[step-not-run] `bare` is skipped: outside containerised step groups, a delegate runs the steps of a `Deployment` stage
      at `Run`: Harness runs this step
    parity[step-group-infra] the steps of `g` see the stage's workspace
      at `KubernetesDirect`: in CI the group has a workspace of its own, empty at first
    "#);
}

#[test]
fn in_a_custom_stage_with_advanced_settings() {
    let group = "
- stepGroup:
    identifier: g
    name: g
    stepGroupInfra: {type: VM, spec: {type: Pool, spec: {poolName: p}}}
    steps:
      - step:
          type: Background
          identifier: db
          name: db
          spec: {connectorRef: hub, image: redis, portBindings: {\"6379\": \"6379\"}}
          when: {stageStatus: All, condition: <+pipeline.variables.with_db> == \"yes\"}
          failureStrategies: [{onFailure: {errors: [AllErrors], action: {type: Ignore}}}]
          strategy: {repeat: {times: 2}}
          enforce: {policySets: [org.sec]}
      - step: {type: Run, identifier: go, name: go, spec: {command: make}}
      - step: {type: HarnessApproval, identifier: ok, name: ok, spec: {}}
";
    let document = stage("Custom", group)
        .replace("  stages:", "  variables: [{name: with_db, type: String, value: \"yes\"}]\n  stages:");
    assert_snapshot!(shown(&plan_document(&document, |_| {})), @r#"
    deploy g: vm ← pipeline.yaml:16:40, shares []
    deploy (vm) shares []
    StepGroup g (at most 1)
      Loop db (at most 2)
        service g.db_0 Background
          image: redis
          pull: Always
          aliases: g_db_0
          port: 6379 → 6379
          env: with_db=yes
          when: All && <+pipeline.variables.with_db> == "yes" = true
          on failure: AllErrors → Ignore
        service g.db_1 Background
          image: redis
          pull: Always
          aliases: g_db_1
          port: 6379 → 6379
          env: with_db=yes
          when: All && <+pipeline.variables.with_db> == "yes" = true
          on failure: AllErrors → Ignore
      g.go Run
        host: sh | -c | set -e; make
        env: with_db=yes
      g.ok HarnessApproval
        skipped: `HarnessApproval` steps are not run locally
    parity[step-group-infra] the steps of `g` see the stage's workspace
      at `VM`: in CI the group has a workspace of its own, empty at first
    parity[policy-not-enforced] the policy sets of `g.db_0` are not evaluated
      at `[org.sec]`: the Harness service evaluates them
    parity[policy-not-enforced] the policy sets of `g.db_1` are not evaluated
      at `[org.sec]`: the Harness service evaluates them
    parity[step-not-run] `ok` is skipped: `HarnessApproval` steps are not run locally
      at `HarnessApproval`: Harness runs this step
    "#);
}

#[test]
fn two_groups_and_a_looped_one() {
    let group = |id: &str| GROUP.replace("identifier: g\n    name: g", &format!("identifier: {id}\n    name: {id}"));
    let looped = group("c").replace("    steps:", "    strategy: {repeat: {times: 2}}\n    steps:");
    let text = format!("{}{}{looped}", group("a"), group("b"));
    let outcome = plan_document(&stage("Custom", &text), |_| {});
    let paths: Vec<&str> =
        outcome.planned.plan.stages[0].containerised.iter().map(|group| group.path.as_str()).collect();
    assert_eq!(paths, ["a", "b", "c_0", "c_1"]);
}

#[test]
fn the_flag_is_for_groups_too() {
    let outcome = plan_document(&stage("Custom", GROUP), |inputs| {
        inputs.profile = Some(Setting { value: Profile::Docker, given_by: "--infra".to_owned() });
    });
    assert_snapshot!(shown(&outcome).lines().next().unwrap(), @r#"deploy g: docker ← --infra, shares ["/var/run", "/var/lib/docker"]"#);
}

#[test]
fn on_infrastructure_that_is_nowhere_here() {
    let ecs = GROUP.replace("KubernetesDirect", "ECSDirect");
    assert_snapshot!(steps(Profile::Cloud, &ecs), @"
    StepGroup g (at most 1)
      g.db Background
        skipped: its step group runs on `ECSDirect` infrastructure
      g.ask Run
        skipped: its step group runs on `ECSDirect` infrastructure
    parity[step-not-run] `db` is skipped: its step group runs on `ECSDirect` infrastructure
      at `Background`: CI runs this step
    parity[step-not-run] `ask` is skipped: its step group runs on `ECSDirect` infrastructure
      at `Run`: CI runs this step
    ");
}

#[test]
fn a_group_on_the_delegate_is_a_plain_one() {
    let text = stage("Custom", &GROUP.replace("KubernetesDirect", "Delegate"));
    let outcome = plan_document(&text, |_| {});
    assert!(outcome.planned.plan.stages.is_empty());
    assert_snapshot!(diagnostics(&outcome), @"
    error[background-outside-group] `db` is not in a containerised step group of its `Custom` stage
      at `Background`: a Background step runs in the pod of its step group (groups.background-inside)
      help: put it, with the steps that use it, into a step group with `stepGroupInfra`
    parity[stage-not-run] the stage `deploy` is left out
      at `Custom`: a `Custom` stage is not run locally
    ");
}

/// Volumes that a CI stage refuses and a step group may have (infra.volumes).
#[test]
fn volumes_of_a_stage() {
    let volumes = "[{mountPath: /settings, type: ConfigMap, spec: {configMapName: c}}, {mountPath: /keys, type: Secret, spec: {secretName: s}}, {mountPath: /ram, type: EmptyDir, spec: {medium: Memory, size: 64Mi}}]";
    let text = format!(
        "pipeline:\n  identifier: p\n  name: p\n  stages:\n    - stage:\n        identifier: b\n        name: b\n        type: CI\n        spec:\n          infrastructure: {{type: KubernetesDirect, spec: {{connectorRef: k, namespace: ci, volumes: {volumes}}}}}\n          execution: {{steps: [{{step: {{type: Run, name: go, identifier: go, spec: {{image: \"a:1\", connectorRef: account.harnessImage, command: x}}}}}}]}}\n"
    );
    let outcome = plan_document(&text, |_| {});
    let mounts: Vec<_> = outcome.planned.plan.stages[0].shared_paths.iter().map(|mount| &mount.value).collect();
    assert_eq!(mounts, [&Mount { path: "/ram".to_owned(), storage: Storage::Memory { limit_bytes: Some(64 << 20) } }]);
    assert_snapshot!(diagnostics(&outcome), @"
    error[rejected-input] a stage has no volumes of type `ConfigMap`
      at `ConfigMap`: a CI stage takes EmptyDir, PersistentVolumeClaim, HostPath (infra.volumes)
      help: put the steps in a step group with `stepGroupInfra`, which may have it, or pass its values as secrets
    error[rejected-input] a stage has no volumes of type `Secret`
      at `Secret`: a CI stage takes EmptyDir, PersistentVolumeClaim, HostPath (infra.volumes)
      help: put the steps in a step group with `stepGroupInfra`, which may have it, or pass its values as secrets
    ");
}

/// The group's id is needed even in the same group (network.group-id).
#[test]
fn a_service_by_its_id_alone() {
    let group = GROUP.replace("nc g_db 6379", "nc db 6379");
    assert_snapshot!(diagnostics(&crate::harness::plan_steps(Profile::Cloud, &group, |_| {})), @"
    warning[service-in-group] `g.ask` reaches `db` by its id, which does not resolve
      at `ask`: the name begins with the step group's id (network.group-id)
      help: use `g_db`
    parity[step-group-infra] the steps of `g` see the stage's workspace
      at `KubernetesDirect`: in CI the group has a workspace of its own, empty at first
    ");
}

/// A pod's volumes are empty volumes of the run, if they have a local equivalent.
#[test]
fn volumes_of_a_group() {
    let group = GROUP.replace(
        "namespace: ci}",
        "namespace: ci, volumes: [{mountPath: /tmp/pgdata, type: EmptyDir, spec: {medium: \"\"}}, {mountPath: /settings, type: ConfigMap, spec: {configMapName: c}}]}",
    );
    let outcome = crate::harness::plan_steps(Profile::Cloud, &group, |_| {});
    assert_snapshot!(shown(&outcome).lines().next().unwrap_or_default(), @r#"build g: kubernetes ← pipeline.yaml:18:40, shares ["/var/run", "/var/lib/docker", "/tmp/pgdata"]"#);
    assert_snapshot!(diagnostics(&outcome), @"
    parity[step-group-infra] the steps of `g` see the stage's workspace
      at `KubernetesDirect`: in CI the group has a workspace of its own, empty at first
    parity[pod-volume] the `ConfigMap` at `/settings` differs here
      at `ConfigMap`: it is in the cluster: nothing is mounted here
    ");
}
