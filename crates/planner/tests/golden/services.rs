//! Conflicts between Background steps: ports and names.

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::{diagnostics, plan_steps};

fn said(profile: Profile, steps: &str) -> String {
    diagnostics(&plan_steps(profile, steps, |_| {}))
}

fn background(id: &str, spec: &str) -> String {
    format!("- step: {{type: Background, name: {id}, identifier: {id}, spec: {{connectorRef: hub, {spec}}}}}\n")
}

#[test]
fn one_port_of_the_host_for_two() {
    let bound = |id, port| background(id, &format!("image: \"redis:7\", portBindings: {{\"{port}\": \"6379\"}}"));
    assert_snapshot!(said(Profile::Vm, &(bound("one", 7000) + &bound("two", 7000))), @"
    error[host-port-twice] `one` and `two` both bind port 7000 of the host
      at `two`: the second
      help: give one of them another host port; a container reaches both by their ids and container ports
    ");
    assert_eq!(said(Profile::Vm, &(bound("one", 7000) + &bound("two", 7001))), "");
    let only_if = |step: String, value| {
        step.replace("spec:", &format!("when: {{stageStatus: All, condition: '<+stage.name> == \"{value}\"'}}, spec:"))
    };
    assert_eq!(said(Profile::Vm, &(only_if(bound("one", 7000), "a") + &only_if(bound("two", 7000), "b"))), "");
}

#[test]
fn one_port_of_the_host_for_the_instances_of_a_loop() {
    let step = "- step: {type: Background, name: db, identifier: db, strategy: {repeat: {times: 2}}, spec: {connectorRef: hub, image: \"redis:7\", ports: [\"7000:6379\"]}}\n";
    assert_snapshot!(said(Profile::Docker, step), @"
    error[host-port-twice] `db_0` and `db_1` both bind port 7000 of the host
      at `db`: the second
      help: give one of them another host port; a container reaches both by their ids and container ports
    ");
}

/// `ports` is another way to write `portBindings`; the same port in both is one port.
#[test]
fn one_port_of_the_host_in_both_forms() {
    let step = |port| {
        background("db", &format!("image: \"redis:7\", portBindings: {{\"7000\": \"6379\"}}, ports: [\"{port}\"]"))
    };
    assert_eq!(said(Profile::Vm, &step("7000:6379")), "");
    assert_snapshot!(said(Profile::Vm, &step("7000:6380")), @"
    error[host-port-twice] `db` binds port 7000 of the host twice
      at `db`: in this step
      help: keep one of the two, in `portBindings` or in `ports`
    ");
}

#[test]
fn one_port_of_a_pod_for_two() {
    let redis = |id, more: &str| background(id, &format!("image: \"redis:7\"{more}"));
    assert_snapshot!(said(Profile::Kubernetes, &(redis("one", "") + &redis("two", ""))), @"
    warning[pod-port-twice] `one` and `two` both run `redis:7` unchanged
      at `two`: the second
      help: services of a pod share its ports: let one listen on another port, with `envVariables`, `entrypoint` or `command`
    ");
    assert_eq!(
        said(
            Profile::Kubernetes,
            &(redis("one", "") + &redis("two", ", shell: Sh, command: redis-server --port 7000"))
        ),
        ""
    );
    assert_eq!(said(Profile::Vm, &(redis("one", "") + &redis("two", ""))), "");
}

#[test]
fn one_name_for_two() {
    let group = |outer: &str| {
        format!(
            "- stepGroup: {{identifier: {outer}, name: {outer}, steps: [{{stepGroup: {{identifier: in, name: in, steps: [{}]}}}}]}}\n",
            "{step: {type: Background, name: db, identifier: db, spec: {connectorRef: hub, image: \"redis:7\"}}}"
        )
    };
    assert_snapshot!(said(Profile::Vm, &(group("first") + &group("second"))), @"
    warning[service-name-twice] `first.in.db` and `second.in.db` both answer to `in_db`
      at `db`: the second
      help: which one answers is random: rename one, or its step group
    ");
    assert_eq!(said(Profile::Kubernetes, &(group("first") + &group("second").replace("redis:7", "redis:6"))), "");
}
