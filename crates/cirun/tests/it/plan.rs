//! `cirun plan`: the JSON contract (product.md, Plan JSON), the tree and the chart.

use insta::assert_snapshot;
use serde_json::Value;

use super::support::TestEnvironment;

fn plan(pipeline: &str) -> Value {
    TestEnvironment::example("shop").cirun(&["plan", pipeline, "--format", "json"]).exits(0).json()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn steps(node: &Value) -> Vec<&Value> {
    match (&node["step"], &node["group"]["steps"], &node["parallel"]) {
        (step @ Value::Object(_), ..) => vec![step],
        (_, Value::Array(nodes), _) | (.., Value::Array(nodes)) => nodes.iter().flat_map(steps).collect(),
        _ => panic!("neither step nor group nor parallel: {node}"),
    }
}

fn variable<'a>(step: &'a Value, name: &str) -> &'a Value {
    let found = step["env"].as_array().unwrap().iter().find(|variable| variable["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn the_tree_of_both_variants() {
    let environment = TestEnvironment::example("shop");
    assert_snapshot!(environment.cirun(&["plan", "pipeline.yaml", "--trust"]).exits(0), @"
    --- stdout
    shop
    └─ stage build (kubernetes)
       ├─ service cache [Background]  cirun.local/redis:7  cpu 200m  memory 128Mi  retry 1
       ├─ service catalog [Background]  cirun.local/python:3  cpu 400m  memory 500Mi  retry 1
       ├─ wait_for_services [Run]  cirun.local/python:3  cpu 400m  memory 500Mi
       ├─ parallel
       │  ├─ unit_tests [Run]  cirun.local/python:3  cpu 400m  memory 500Mi
       │  └─ lint [Run]  cirun.local/python:3  cpu 400m  memory 500Mi
       ├─ version [Run]  cirun.local/python:3  cpu 400m  memory 500Mi  → IMAGE_TAG
       ├─ render [Run]  cirun.local/python:3  cpu 400m  memory 500Mi
       ├─ push [BuildAndPushECR]  cirun.local/kaniko-ecr:1  cpu 400m  memory 500Mi  retry 1
       └─ announce [Run]  cirun.local/python:3  cpu 400m  memory 500Mi
    --- exit status: 0
    ");
    assert_snapshot!(environment.cirun(&["plan", "pipeline-vm.yaml", "--trust"]).exits(0), @"
    --- stdout
    shop_vm
    └─ stage build (vm)
       ├─ service cache [Background]  cirun.local/redis:7  port 16379→6379  retry 1
       ├─ service catalog [Background]  cirun.local/python:3  retry 1
       ├─ wait_for_services [Run]  cirun.local/python:3
       ├─ parallel
       │  ├─ unit_tests [Run]  cirun.local/python:3
       │  └─ lint [Run]  cirun.local/python:3
       ├─ version [Run]  cirun.local/python:3  → IMAGE_TAG
       ├─ render [Run]  cirun.local/python:3
       ├─ push [BuildAndPushECR]  cirun.local/ecr:1  privileged  retry 1
       └─ announce [Run]  cirun.local/python:3
    --- exit status: 0
    ");
}

#[test]
fn the_chart_names_every_step() {
    let output = TestEnvironment::example("shop").cirun(&["plan", "pipeline.yaml", "--format", "mermaid"]).exits(0);
    assert!(output.stdout.starts_with("flowchart "), "{output}");
    for step in ["cache", "catalog", "unit tests", "lint", "push", "announce"] {
        assert!(output.stdout.contains(step), "{step}\n{output}");
    }
}

#[test]
fn the_contracts_keys() {
    let plan = plan("pipeline.yaml");
    assert_eq!(keys(&plan), ["version", "pipeline", "stages"]);
    assert_eq!((&plan["version"], &plan["pipeline"]), (&1.into(), &"shop".into()));
    let stage = &plan["stages"][0];
    assert_eq!((&stage["profile"], &stage["network"]), (&"kubernetes".into(), &"pod".into()));
    for key in ["id", "profile", "network", "workspace", "shared_paths", "services", "execution"] {
        assert!(keys(stage).contains(&key), "stage.{key}");
    }
    let contract = [
        "id",
        "path",
        "type",
        "name",
        "image",
        "pull",
        "entrypoint",
        "command",
        "script",
        "env",
        "aliases",
        "ports",
        "privileged",
        "user",
        "cpu",
        "memory",
        "timeout_s",
        "when",
        "outputs",
        "reports",
        "connector",
    ];
    let execution = stage["execution"].as_array().unwrap();
    let all: Vec<&Value> =
        stage["services"].as_array().unwrap().iter().chain(execution.iter().flat_map(steps)).collect();
    assert_eq!(all.len(), 9);
    for step in all {
        for key in contract {
            assert!(keys(step).contains(&key), "{}.{key}", step["path"]);
        }
        for variable in step["env"].as_array().unwrap() {
            assert_eq!(keys(variable)[..4], ["name", "value", "secret", "origin"], "{variable}");
        }
    }
}

#[test]
fn services_are_not_in_the_execution() {
    let plan = plan("pipeline-vm.yaml");
    let stage = &plan["stages"][0];
    let services: Vec<_> = stage["services"].as_array().unwrap().iter().map(|step| &step["id"]).collect();
    assert_eq!(services, ["cache", "catalog"]);
    let execution: Vec<_> =
        stage["execution"].as_array().unwrap().iter().flat_map(steps).map(|step| &step["id"]).collect();
    assert_eq!(execution, ["wait_for_services", "unit_tests", "lint", "version", "render", "push", "announce"]);
    assert_eq!(stage["execution"][1]["parallel"].as_array().unwrap().len(), 2);
    let cache = &stage["services"][0];
    assert_eq!(cache["ports"], serde_json::json!([{"host": 16379, "container": 6379}]));
    assert!(cache["aliases"].as_array().unwrap().contains(&"redis".into()), "{cache}");
}

#[test]
fn secrets_are_stars_and_what_waits_is_marked() {
    let environment = TestEnvironment::example("shop");
    let output = environment.cirun(&["plan", "pipeline.yaml", "--format", "json"]).exits(0);
    assert!(!output.stdout.contains("wJalrXUtnFEMI"), "{output}");
    let plan = output.json();
    let execution = plan["stages"][0]["execution"].as_array().unwrap();
    let push = execution.iter().flat_map(steps).find(|step| step["id"] == "push").unwrap();
    let secret = variable(push, "PLUGIN_SECRET_KEY");
    assert_eq!((&secret["value"], &secret["secret"]), (&"***".into(), &true.into()));
    let tags = variable(push, "PLUGIN_TAGS");
    assert_eq!(tags["value"], "<+steps.version.output.outputVariables.IMAGE_TAG>,latest");
    assert_eq!(tags["deferred"], true);
    assert_eq!(variable(push, "PLUGIN_REPO").get("deferred"), None);
    let origin = tags["origin"].as_str().unwrap();
    assert!(origin.contains("pipeline.yaml:137:23"), "{origin}");
}

#[test]
fn the_profile_decides_the_plugin() {
    let environment = TestEnvironment::example("shop")
        .edit(".cirun.toml", "[plugin-image]\n", "[plugin-image]\n#")
        .edit(".cirun.toml", "\"plugins/ecr\" =", "#")
        .edit(".cirun.toml", "\"plugins/buildx-ecr\" =", "#");
    let image = |args: &[&str]| {
        let plan = environment.cirun(&[&["plan", "pipeline.yaml", "--format", "json"], args].concat()).exits(0).json();
        let execution = plan["stages"][0]["execution"].as_array().unwrap().clone();
        let push = execution.iter().flat_map(steps).find(|step| step["id"] == "push").unwrap().clone();
        push["image"].as_str().unwrap().to_owned()
    };
    assert_eq!(image(&[]), "plugins/kaniko-ecr:1.13.3");
    assert_eq!(image(&["--infra", "vm"]), "plugins/ecr:21.1.1");
    assert_eq!(image(&["--plugin-image", "plugins/kaniko-ecr=mirror/kaniko:1"]), "mirror/kaniko:1");
}

#[test]
fn the_tree_has_conditions_parallel_stages_and_what_is_left_out() {
    let stage = |id: &str, more: &str, step: &str| {
        format!(
            "        - stage:\n            identifier: {id}\n            name: {id}\n            type: CI\n{more}            spec:\n              \
             cloneCodebase: false\n              infrastructure: {{type: KubernetesDirect, spec: {{connectorRef: k, namespace: n, os: Linux}}}}\n              \
             execution: {{steps: [{{step: {{identifier: a, name: a, type: Run, {step}spec: {{connectorRef: account.harnessImage, image: a:1, shell: Sh, \
             command: 'true', resources: {{limits: {{memory: 300M, cpu: 500m}}}}}}}}}}]}}\n"
        )
    };
    let text = format!(
        "pipeline:\n  identifier: it\n  name: it\n  stages:\n    - parallel:\n{}{}    - stage: {{identifier: ok, name: ok, type: \
         Approval, spec: {{execution: {{steps: []}}}}}}\n",
        stage(
            "one",
            "            when: {pipelineStatus: All, condition: '\"a\" == \"b\"'}\n",
            "when: {stageStatus: Failure}, "
        ),
        stage("two", "", "strategy: {repeat: {items: '<+input>.default([\"x\",\"y\"])'}}, "),
    );
    let environment = TestEnvironment::new().file("ci.yaml", text);
    assert_snapshot!(environment.cirun(&["plan", "ci.yaml", "--trust"]).exits(0).stdout, @r#"
    it
    ├─ parallel stages
    │  ├─ stage one (kubernetes)  whatever failed, if "a" == "b" (it is false)
    │  │  └─ a [Run]  a:1  cpu 500m  memory 300M  when something failed
    │  └─ stage two (kubernetes)
    │     └─ group a
    │        ├─ a_0 [Run]  a:1  cpu 500m  memory 300M
    │        └─ a_1 [Run]  a:1  cpu 500m  memory 300M
    └─ stage ok  left out: a `Approval` stage is not run locally
    "#);
}
