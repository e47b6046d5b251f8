//! Mistakes that CI does not report.

use cirun_plan::{Action, Profile};
use insta::assert_snapshot;

use crate::harness::{diagnostics, plan_document, plan_steps};

fn said(profile: Profile, steps: &str) -> String {
    diagnostics(&plan_steps(profile, steps, |_| {}))
}

#[test]
fn exit_before_output_variables() {
    let step = "- step:\n    type: Run\n    name: go\n    identifier: go\n    spec:\n      outputVariables: [{name: A}]\n      command: |-\n        A=1\n        exit 0\n";
    assert_snapshot!(said(Profile::Vm, step), @"
    warning[exit-loses-outputs] `exit 0` ends the script before it writes its output variables
      at `A=1`: the export is appended to the script, and the step fails without it (outputs.declared)
      help: let the script run to its end, or put the part that exits early in a subshell: `( … )`
    ");
    assert_eq!(said(Profile::Vm, &step.replace("exit 0", "echo exit 0")), "");
    assert_eq!(said(Profile::Vm, &step.replace("outputVariables: [{name: A}]", "shell: Sh")), "");
}

#[test]
fn constant_operand_of_a_condition() {
    let step = "- step:\n    type: Run\n    name: go\n    identifier: go\n    when: {stageStatus: All, condition: '<+codebase.build.type> == \"tag\" || \"branch\"'}\n    spec: {command: make}\n";
    assert_snapshot!(said(Profile::Vm, step), @r#"
    warning[constant-operand] `"branch"` is always true
      at `'<+codebase.build.type> == "tag" || "branch"'`: a text that is not empty and not `false` is true
      help: compare again: `<+a> == "x" || <+a> == "y"`
    "#);
    assert_eq!(said(Profile::Vm, &step.replace("|| \"branch\"", "|| \"branch\" == \"branch\"")), "");
}

#[test]
fn docker_in_docker_without_privilege() {
    let step = "- step: {type: Background, name: dind, identifier: dind, spec: {image: \"docker:27-dind\", connectorRef: hub}}\n";
    assert_snapshot!(said(Profile::Vm, step), @r#"
    warning[unprivileged-dind] `docker:27-dind` cannot start its daemon unprivileged
      at `"docker:27-dind"`: Docker in Docker needs `privileged: true` (groups.dind-privileged)
      help: add `privileged: true`
    "#);
    assert_eq!(said(Profile::Vm, &step.replace("connectorRef: hub", "connectorRef: hub, privileged: true")), "");
}

#[test]
fn variables_that_no_plugin_reads() {
    let step = "- step: {type: BuildAndPushECR, name: push, identifier: push, spec: {connectorRef: keys, region: us-east-1, account: \"123456789012\", imageName: shop, tags: [a], envVariables: {PLUGIN_USER_ROLE_ARN: x, PLUGIN_SKIP_TLS_VERIFY: \"true\"}}}\n";
    assert_snapshot!(said(Profile::Kubernetes, step), @"
    warning[unread-variable] no plugin reads `PLUGIN_USER_ROLE_ARN`
      at `PLUGIN_USER_ROLE_ARN`: changes nothing (ecr.unread-everywhere)
      help: name the role in the connector: `crossAccountAccess.crossAccountRoleArn` or `iamRoleArn`
    warning[unread-variable] no plugin reads `PLUGIN_SKIP_TLS_VERIFY`
      at `PLUGIN_SKIP_TLS_VERIFY`: changes nothing (ecr.unread-everywhere)
      help: use `PLUGIN_SKIP_TLS_VERIFY_PULL`, or give the plugin the registry's certificate
    ");
}

const SERVICE: &str = "- step: {type: Background, name: db, identifier: db, spec: {image: \"redis:7\", connectorRef: hub}}\n- step: {type: Run, name: go, identifier: go, spec: {image: \"redis:7\", connectorRef: hub, command: redis-cli -u redis://db:6379 ping}}\n";

#[test]
fn service_by_its_id_on_kubernetes() {
    assert_snapshot!(said(Profile::Kubernetes, SERVICE), @"
    parity[service-host-name] `go` reaches `db` by its id, which does not resolve in CI
      at `go`: on Kubernetes a service is on `localhost` (network.localhost)
      help: use `localhost`, or add `db` to the infrastructure's `spec.hostNames`; locally the id resolves anyway
    ");
    assert_eq!(said(Profile::Vm, SERVICE), "");
    assert_eq!(said(Profile::Kubernetes, &SERVICE.replace("//db:", "//localhost:")), "");
}

#[test]
fn service_by_its_id_that_host_names_list() {
    let text = crate::harness::document(Profile::Kubernetes, SERVICE)
        .replace("namespace: ci}", "namespace: ci, hostNames: [db]}");
    assert_eq!(diagnostics(&plan_document(&text, |_| {})), "");
}

#[test]
fn what_ci_does_besides() {
    let text = crate::harness::document(
        Profile::Cloud,
        "- stepGroup:\n    identifier: g\n    name: g\n    sharedPaths: [/cache]\n    stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, namespace: ci}}\n    steps:\n      - step: {type: Run, name: go, identifier: go, enforce: {policySets: [a]}, spec: {command: make}}\n",
    )
    .replace("cloneCodebase: true", "cloneCodebase: true\n          caching: {enabled: true}\n          platform: {os: MacOS, arch: Arm64}");
    let outcome = plan_document(&text, |_| {});
    let shared: Vec<&str> =
        outcome.planned.plan.stages[0].shared_paths.iter().map(|mount| mount.value.path.as_str()).collect();
    assert_snapshot!(format!("{}\n{}", shared.join(" "), diagnostics(&outcome)), @"
    warning[platform-not-here] the stage `build` is not run: it is for MacOS, and steps run in Linux containers
      at `build`: its steps are planned, and shown as skipped
      help: run it in CI, or on a machine of that platform
    error[missing-required-input] `Run` step `go` needs `image` on kubernetes
      at `go`: required on Kubernetes; elsewhere the step can run on the machine itself (run.image)
      help: set `image`
    error[missing-required-input] `Run` step `go` needs `connectorRef` on kubernetes
      at `go`: required on Kubernetes, and elsewhere beside `image` (run.connector)
      help: set `connectorRef` or `registryRef`
    parity[cache-intelligence] the cache steps of stage `build` do not run
      at `build`: CI restores a cache first and saves it last (clone.caches-order)
    parity[other-processor] the stage `build` is for arm64, but its images run as amd64
      at `Arm64`: CI has machines with this processor
      help: `--platform linux/arm64` runs images for that processor, if the engine emulates it
    parity[step-group-infra] the steps of `g` see the stage's workspace
      at `KubernetesDirect`: in CI the group has a workspace of its own, empty at first
    parity[policy-not-enforced] the policy sets of `g.go` are not evaluated
      at `[a]`: the Harness service evaluates them
    ");
}

#[test]
fn repository_beside_the_codebase() {
    let step = "- step: {type: GitClone, name: c, identifier: c, spec: {connectorRef: account.elsewhere, repoName: other, build: {type: branch, spec: {branch: main}}}}\n";
    let outcome = plan_steps(Profile::Vm, step, |inputs| {
        inputs.codebase.repo_url = Some("https://git.example.com/team/shop.git".to_owned());
    });
    let Action::Container(container) = &outcome.planned.plan.stages[0].steps()[0].action else { panic!("a container") };
    let url = container.env.get("DRONE_REMOTE_URL").expect("the address");
    assert_eq!(url.value.value.shown(), "https://git.example.com/team/other.git");
    assert_snapshot!(diagnostics(&outcome), @"
    parity[connector-assumed] the connector `account.elsewhere` is in no file
      at `account.elsewhere`: the repository is cloned without a login
      help: no action is needed; to use the connector, write it as `connector: {name: elsewhere, identifier: elsewhere, type: Github, spec: {url: https://github.com/OWNER, type: Account, authentication: {type: Http, spec: {type: Anonymous}}}}` in a YAML file under `.harness/` or under a directory named by `--include`
    parity[sibling-repository] `c` clones `other` from the server of the codebase
      at `c`: its connector is not known
      help: write the connector under `.harness/`, or in a directory named by `--include`
    ");
}

#[test]
fn harness_image_connector_is_built_in() {
    let step = "- step: {type: Run, name: go, identifier: go, spec: {image: \"alpine:3\", connectorRef: account.harnessImage, command: x}}\n";
    assert_eq!(said(Profile::Kubernetes, step), "");
}
