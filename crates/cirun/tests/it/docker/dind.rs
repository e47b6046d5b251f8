//! Docker in Docker: a daemon as a Background step, and the machine's own socket, as CI mounts it.

use super::{engine, run};
use crate::it::support::{Stage, indent, run_step, run_step_with};

const DIND: &str = "cirun.local/dind:1";

/// Puts a self-contained program into the workspace: no image can be pulled in these tests.
fn prepare() -> String {
    run_step(
        "prepare",
        "cp /bin/busybox .\nprintf 'FROM scratch\\nCOPY busybox /bin/busybox\\nRUN [\"/bin/busybox\", \"echo\", \"ran\"]\\nENTRYPOINT [\"/bin/busybox\"]\\n' > Dockerfile",
    )
}

/// A daemon with more lines of its `spec`.
fn daemon(spec: &str) -> String {
    format!(
        "- step:\n    name: dind\n    identifier: dind\n    type: Background\n    spec:\n      connectorRef: images\n      image: {DIND}\n{}",
        indent(spec, 6)
    )
}

/// Builds an image and runs it, with only the client.
fn build(env: &str) -> String {
    let command = "until docker info > /dev/null 2>&1; do sleep 0.2; done\nDOCKER_BUILDKIT=0 docker build -q -t made . > id\ndocker run --rm made echo hello from inside";
    run_step_with("build", command, env)
        .replace("cirun.local/busybox:1", DIND)
        .replace("type: Run\n", "type: Run\n    timeout: 2m\n")
}

fn env(variables: &[(&str, &str)]) -> String {
    variables.iter().fold("envVariables:\n".to_owned(), |text, (name, value)| format!("{text}  {name}: \"{value}\"\n"))
}

/// The pipeline with these shared paths.
fn sharing(pipeline: &str, paths: &str) -> String {
    let line = "          execution:\n";
    assert!(pipeline.contains(line), "{pipeline}");
    pipeline.replace(line, &format!("          sharedPaths: [{paths}]\n{line}"))
}

/// The built image prints its build argument.
fn builds(stage: Stage, shared: &str, daemon: &str, client: &str) {
    let pipeline = stage.step(&prepare()).step(daemon).step(&build(client)).pipeline();
    let (_, events) = run(&engine(&sharing(&pipeline, shared)), &[], 0);
    assert_eq!(events.output("build"), ["hello from inside"]);
}

const PRIVILEGED: &str = "privileged: true\n";
/// The daemon and a build need more than the default memory of a pod.
const ROOM: &str = "resources:\n  limits:\n    memory: 2Gi\n    cpu: \"2\"\n";

#[test]
fn on_kubernetes_by_shared_socket() {
    let daemon = daemon(&format!("{PRIVILEGED}{ROOM}"));
    builds(Stage::kubernetes(), "/var/run, /var/lib/docker", &daemon, "");
}

#[test]
fn on_kubernetes_by_tcp() {
    let daemon = daemon(&format!("{PRIVILEGED}{ROOM}{}", env(&[("DOCKER_TLS_CERTDIR", "")])));
    builds(Stage::kubernetes(), "", &daemon, &env(&[("DOCKER_HOST", "tcp://localhost:2375")]));
}

#[test]
fn on_kubernetes_by_tls_with_shared_certificates() {
    let daemon = daemon(&format!("{PRIVILEGED}{ROOM}{}", env(&[("DOCKER_TLS_CERTDIR", "/certs")])));
    let client = env(&[
        ("DOCKER_HOST", "tcp://localhost:2376"),
        ("DOCKER_TLS_VERIFY", "1"),
        ("DOCKER_CERT_PATH", "/certs/client"),
    ]);
    builds(Stage::kubernetes(), "/certs", &daemon, &client);
}

/// The machine's socket blocks the daemon's own, in CI too: so this one listens on TCP only.
#[test]
fn on_a_vm_by_tcp() {
    let daemon = daemon(&format!("{PRIVILEGED}entrypoint: [dockerd, --host=tcp://0.0.0.0:2375, --tls=false]\n"));
    builds(Stage::vm(), "", &daemon, &env(&[("DOCKER_HOST", "tcp://dind:2375")]));
}

#[test]
fn on_a_vm_without_the_machines_socket_by_tls() {
    let daemon = daemon(&format!("{PRIVILEGED}{}", env(&[("DOCKER_TLS_CERTDIR", "/certs")])));
    let client =
        env(&[("DOCKER_HOST", "tcp://dind:2376"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/certs/client")]);
    let pipeline = Stage::vm().step(&prepare()).step(&daemon).step(&build(&client)).pipeline();
    let (_, events) = run(&engine(&sharing(&pipeline, "/certs")), &["--no-docker-socket"], 0);
    assert_eq!(events.output("build"), ["hello from inside"]);
}

/// A daemon in a containerised group of a Deployment stage, as in Harness's docs and the SAM pipelines (groups.dind).
#[test]
fn in_a_containerised_group_of_a_deployment_stage() {
    let steps = [prepare(), daemon(&format!("{PRIVILEGED}{ROOM}")), build("")];
    let group = format!(
        "- stepGroup:\n    name: g\n    identifier: g\n    sharedPaths: [/var/run, /var/lib/docker]\n    stepGroupInfra:\n      type: KubernetesDirect\n      spec: {{connectorRef: cluster, namespace: ci}}\n    steps:\n{}",
        steps.iter().map(|step| indent(step, 6)).collect::<String>()
    );
    let pipeline = crate::it::support::group_stage("Deployment", &[&group]);
    let (_, events) = run(&engine(&pipeline), &[], 0);
    assert_eq!(events.output("g.build"), ["hello from inside"]);
}

#[test]
fn a_vm_mounts_the_machines_socket_unless_it_is_refused() {
    let look = run_step("look", "if test -S /var/run/docker.sock; then echo there; else echo refused; fi");
    let pipeline = Stage::vm().step(&look).pipeline();
    let (_, events) = run(&engine(&pipeline), &[], 0);
    assert_eq!(events.output("look"), ["there"]);
    let (_, events) = run(&engine(&pipeline), &["--no-docker-socket"], 0);
    assert_eq!(events.output("look"), ["refused"]);
    let (_, events) = run(&engine(&Stage::kubernetes().step(&look).pipeline()), &[], 0);
    assert_eq!(events.output("look"), ["refused"]);
}

#[test]
fn without_privilege_it_is_reported_before_the_run_and_the_daemon_ends() {
    let stage = Stage::kubernetes().step(&daemon(ROOM)).step(&run_step("a", "sleep 8"));
    let (output, events) = run(&engine(&stage.pipeline()), &[], 0);
    drop(output.says("cannot start its daemon unprivileged"));
    let exited = events.one("service_exited", "dind");
    assert_ne!(exited["exit_code"], 0);
    let reason = exited["reason"].as_str().unwrap();
    assert!(reason.contains("a Docker daemon needs `privileged: true`"), "{reason}");
}

#[test]
fn without_privilege_on_a_vm_the_machines_engine_is_named() {
    let stage = Stage::vm().step(&daemon("")).step(&run_step("a", "sleep 8"));
    let (_, events) = run(&engine(&stage.pipeline()), &[], 0);
    let reason = events.one("service_exited", "dind")["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("the machine's own engine at `/var/run/docker.sock`"), "{reason}");
}
