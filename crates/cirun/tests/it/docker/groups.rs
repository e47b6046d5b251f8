//! Containerised step groups: each has a pod or network of its own (groups.own).

use super::{engine, run};
use crate::it::support::{Stage, free_port, group_stage, indent, run_step};

/// A web server that serves its id, on port 8080 by default.
fn web(id: &str) -> String {
    let command = format!("mkdir -p /tmp/www\necho from {id} > /tmp/www/id\nexec httpd -f -p 8080 -h /tmp/www");
    run_step(id, &command).replace("type: Run", "type: Background")
}

fn ask(id: &str, host: &str) -> String {
    run_step(id, &format!("until wget -q -O - http://{host}:8080/id; do sleep 0.1; done"))
        .replace("type: Run\n", "type: Run\n    timeout: 1m\n")
}

const KUBERNETES: &str = "type: KubernetesDirect\nspec:\n  connectorRef: cluster\n  namespace: ci\n";
const VM: &str = "type: VM\nspec:\n  type: Pool\n  spec:\n    poolName: build\n";

fn group(id: &str, infra: &str, steps: &[String]) -> String {
    format!(
        "- stepGroup:\n    name: {id}\n    identifier: {id}\n    stepGroupInfra:\n{}    steps:\n{}",
        indent(infra, 6),
        steps.iter().map(|step| indent(step, 6)).collect::<String>()
    )
}

/// A service that answers to `localhost` and `STEPGROUPID_BACKGROUNDSTEPID` in a pod.
fn pod() -> String {
    group("g", KUBERNETES, &[web("shop"), ask("near", "localhost"), ask("named", "g_shop")])
}

#[test]
fn on_kubernetes_in_a_ci_stage_of_a_vm() {
    // Containers outside the group cannot reach into it.
    let outside = run_step("outside", "! nslookup g_shop; ! wget -q -T 2 -O - http://localhost:8080/id");
    let stage = Stage::vm().step(&pod()).step(&outside);
    let (_, events) = run(&engine(&stage.pipeline()), &[], 0);
    assert_eq!((events.output("g.near"), events.output("g.named")), (vec!["from shop"], vec!["from shop"]));
    assert_eq!(events.outcomes(), "g.near succeeded, g.named succeeded, outside succeeded");
}

#[test]
fn on_kubernetes_in_a_deployment_stage() {
    let deploy = "- step:\n    type: K8sRollingDeploy\n    name: roll\n    identifier: roll\n    spec: {}\n";
    let environment = engine(&group_stage("Deployment", &[&pod(), deploy]));
    let (_, events) = run(&environment, &[], 0);
    assert_eq!(events.outcomes(), "g.near succeeded, g.named succeeded, roll skipped");
    let reason = events.one("step_finished", "roll")["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("outside containerised step groups"), "{reason}");
    assert_eq!(events.output("g.named"), ["from shop"]);
}

#[test]
fn on_a_vm_in_a_custom_stage() {
    let host = "- step:\n    name: host\n    identifier: host\n    type: Run\n    spec:\n      shell: Sh\n      command: echo on $(uname)\n";
    let steps = [web("shop"), ask("named", "g_shop"), host.to_owned()];
    let environment = engine(&group_stage("Custom", &[&group("g", VM, &steps)]));
    let (_, events) = run(&environment, &[], 0);
    assert_eq!((events.output("g.named"), events.output("g.host")), (vec!["from shop"], vec!["on Linux"]));
    for command in ["list", "plan", "check"] {
        let output = environment.cirun(&[command, "ci.yaml"]).exits(0);
        assert!(command == "check" || output.stdout.contains("shop"), "{command}: {output}");
    }
}

#[test]
fn two_groups_at_once_have_a_port_each() {
    let other = run_step("other", "! nslookup a_shop; ! nslookup b_shop");
    let side = |id: &str| {
        indent(&group(id, KUBERNETES, &[web("shop"), ask("mine", &format!("{id}_shop"))]), 4).trim_start().to_owned()
    };
    let parallel = format!("- parallel:\n    {}    {}", side("a"), side("b"));
    let (_, events) = run(&engine(&Stage::vm().step(&parallel).step(&other).pipeline()), &[], 0);
    assert_eq!((events.output("a.mine"), events.output("b.mine")), (vec!["from shop"], vec!["from shop"]));
}

/// The services of a group end with it, so the next group may have its host port.
#[test]
fn one_after_the_other_on_one_host_port() {
    let port = free_port();
    let bound = web("shop") + &indent(&format!("portBindings:\n  \"{port}\": \"8080\"\n"), 6);
    let asks = format!(
        "- step:\n    name: host\n    identifier: host\n    type: Run\n    timeout: 1m\n    spec:\n      shell: Bash\n      command: |-\n        until exec 3<>/dev/tcp/127.0.0.1/{port}; do sleep 0.1; done\n        printf 'GET /id HTTP/1.0\\r\\n\\r\\n' >&3\n        tail -n 1 <&3\n"
    );
    let groups = ["a", "b"].map(|id| group(id, VM, &[bound.clone(), asks.clone()]));
    let (_, events) = run(&engine(&group_stage("Custom", &[&groups[0], &groups[1]])), &[], 0);
    assert_eq!((events.output("a.host"), events.output("b.host")), (vec!["from shop"], vec!["from shop"]));
}

#[test]
fn shared_paths_are_the_groups_own() {
    let write = run_step("write", "echo kept > /cache/note");
    let read = run_step("read", "cat /cache/note");
    let text = group("g", KUBERNETES, &[write, read])
        .replace("    stepGroupInfra", "    sharedPaths: [/cache]\n    stepGroupInfra");
    let outside = run_step("outside", "test ! -e /cache");
    let (_, events) = run(&engine(&Stage::vm().step(&text).step(&outside).pipeline()), &[], 0);
    assert_eq!(events.output("g.read"), ["kept"]);
}

#[test]
fn advanced_settings_of_background_steps() {
    let skipped = web("off").replace(
        "type: Background\n",
        "type: Background\n    when:\n      stageStatus: Success\n      condition: \"false\"\n",
    );
    let twice = web("shop").replace("type: Background\n", "type: Background\n    strategy: {repeat: {times: 2}}\n");
    let twice = twice.replace("-p 8080", "-p 808<+strategy.iteration>");
    let asks = run_step(
        "ask",
        "for at in g_shop_0:8080 g_shop_1:8081; do until wget -q -O - http://$at/id; do sleep 0.1; done; done",
    );
    let environment = engine(&group_stage("Custom", &[&group("g", KUBERNETES, &[skipped, twice, asks])]));
    let (_, events) = run(&environment, &[], 0);
    assert_eq!(events.output("g.ask"), ["from shop", "from shop"]);
    assert_eq!(events.one("step_finished", "g.off")["outcome"], "skipped");
}

/// An `EmptyDir` is a volume that all containers of the pod share, whatever their user.
#[test]
fn volumes_of_a_pod() {
    let write = run_step("write", "echo kept > /cache/file")
        .replace("      shell: Sh", "      runAsUser: 1234\n      shell: Sh");
    let stage = Stage::kubernetes()
        .step(&write)
        .step(&run_step("read", "cat /cache/file; ls -A /data; grep -o '^tmpfs /cache .*size=[0-9]*k' /proc/mounts"));
    let text = stage.pipeline();
    let line = text.lines().find(|line| line.trim() == "namespace: ci").expect("the stage runs on Kubernetes");
    let volumes = line.replace(
        "namespace: ci",
        "volumes: [{mountPath: /cache, type: EmptyDir, spec: {medium: Memory, size: 64Mi}}, {mountPath: /data, type: PersistentVolumeClaim, spec: {claimName: data}}]",
    );
    let environment = engine(&text.replace(line, &format!("{line}\n{volumes}")));
    let (output, events) = run(&environment, &[], 0);
    let read = events.output("read");
    assert!(read[0] == "kept" && read[1].ends_with("size=65536k"), "{read:?}");
    drop(output.says("the `PersistentVolumeClaim` at `/data` differs here"));
}

/// A group with a service of these lines, one that fails, and a step after it.
fn with_failing(service: &str, action: &str) -> String {
    let strategy = format!(
        "type: Background\n    failureStrategies:\n      - onFailure:\n          errors: [AllErrors]\n          action: {action}\n"
    );
    group("g", VM, &[service.replace("type: Background\n", &strategy), run_step("after", "sleep 2")])
}

/// A service's strategy applies to every kind of failure (groups.advanced).
#[test]
fn failure_strategies_of_background_steps() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bindings = format!("portBindings:\n  \"{}\": \"8080\"\n", taken.local_addr().unwrap().port());
    let no_image = web("svc").replace("cirun.local/busybox:1", "cirun.local/no-such-image:1");
    let no_port = web("svc") + &indent(&bindings, 6);
    let ends = run_step("svc", "exit 3").replace("type: Run", "type: Background");
    let no_program = ends.replace("shell: Sh", "entrypoint: [/no/such/program]\n      shell: Sh");
    for (what, service, reason) in [
        ("image", &no_image, "image `cirun.local/no-such-image:1` is not available"),
        ("port", &no_port, "another program uses it"),
        ("end", &ends, "exit code 3"),
        ("program", &no_program, "`/no/such/program` is not in the image"),
    ] {
        let pipeline = |action| group_stage("Custom", &[&with_failing(service, action)]);
        let (_, events) = run(&engine(&pipeline("{type: Ignore}")), &["--pull", "never"], 0);
        let finished = events.one("step_finished", "g.svc");
        let why = finished["reason"].as_str().unwrap();
        assert!(finished["outcome"] == "ignored" && why.contains(reason) && why.contains("`Ignore`"), "{what}: {why}");
        assert_eq!(events.one("step_finished", "g.after")["outcome"], "succeeded", "{what}");

        let (_, events) = run(&engine(&pipeline("{type: MarkAsFailure}")), &["--pull", "never"], 1);
        assert_eq!(events.one("step_finished", "g.svc")["outcome"], "failed", "{what}");
    }
}

/// A service that could not be started is started again, and the steps after it wait for that.
#[test]
fn a_background_step_that_is_started_again() {
    let flaky = run_step("svc", "if test ! -e begun; then touch begun; exit 1; fi; mkdir -p /tmp/www; echo up > /tmp/www/id; exec httpd -f -p 8080 -h /tmp/www")
        .replace("type: Run", "type: Background");
    let retry = "{type: Retry, spec: {retryCount: 2, retryIntervals: [1s], onRetryFailure: {action: {type: Abort}}}}";
    let steps = [flaky.replace("type: Background\n", &format!("type: Background\n    failureStrategies:\n      - onFailure:\n          errors: [AllErrors]\n          action: {retry}\n")), ask("ask", "g_svc")];
    let (_, events) = run(&engine(&group_stage("Custom", &[&group("g", VM, &steps)])), &[], 0);
    assert_eq!(events.output("g.ask").last(), Some(&"up"));
    assert_eq!(events.one("step_finished", "g.svc")["outcome"], "succeeded");
}
