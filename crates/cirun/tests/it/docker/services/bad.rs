//! Services that cannot work: each has its own message, and nothing of the run is left.

use std::net::TcpListener;

use super::{BUSYBOX, EVERYWHERE, REDIS, background, run, steps, web};
use crate::it::support::{below_stage, docker, run_step};

/// The reason with which the service `db` ended.
fn ended(environment: &super::TestEnvironment, infra: &str) -> (i64, String) {
    let (_, events) = run(environment, &["--infra", infra], 0);
    let exited = events.one("service_exited", "db");
    (exited["exit_code"].as_i64().unwrap(), exited["reason"].as_str().unwrap_or_default().to_owned())
}

/// The registry's image has no shell.
#[test]
fn no_shell_for_the_command() {
    let service = background("db", "cirun.local/registry:2", "shell: Sh\ncommand: echo hello");
    let environment = steps(&[service, run_step("a", "sleep 1")]);
    for infra in EVERYWHERE {
        let (code, reason) = ended(&environment, infra);
        assert!(code == 127 && reason.contains("the image has no `sh`: choose another `shell`"), "{infra}: {reason}");
        assert!(reason.contains("(ci.yaml:"), "{infra}: {reason}");
    }
}

#[test]
fn no_such_entrypoint() {
    let service = background("db", BUSYBOX, "entrypoint:\n  - /no/such/server");
    let environment = steps(&[service, run_step("a", "sleep 1")]);
    for infra in EVERYWHERE {
        let (code, reason) = ended(&environment, infra);
        assert!(code == 127 && reason.contains("`/no/such/server` is not in the image"), "{infra}: {reason}");
        assert!(reason.contains("(ci.yaml:"), "{infra}: {reason}");
    }
}

#[test]
fn another_processors_program() {
    let service = background("db", BUSYBOX, "entrypoint:\n  - /harness/foreign");
    let environment = steps(&[service, run_step("a", "sleep 1")]);
    let mut elf = vec![0x7f, b'E', b'L', b'F', 1, 2, 1];
    elf.resize(16, 0);
    elf.extend_from_slice(&[0, 2, 0, 2, 0, 0, 0, 1]);
    elf.resize(256, 0);
    let program = environment.workspace().join("foreign");
    std::fs::write(&program, elf).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (code, reason) = ended(&environment, "vm");
    assert!(code == 126 && reason.contains("exec format error"), "{reason}");
}

/// As in CI, the stage continues without the service; here with a message.
#[test]
fn a_port_of_the_host_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let bound = format!("      portBindings:\n        \"{port}\": \"8080\"\n      shell: Sh");
    let service = web("shop").replace("      shell: Sh", &bound);
    let steps_ = [service, run_step("a", "true"), run_step("b", "true"), run_step("c", "true")];
    let (output, events) = run(&steps(&steps_), &[], 0);
    assert_eq!(events.outcomes(), "a succeeded, b succeeded, c succeeded");
    assert_eq!(events.one("step_finished", "shop")["outcome"], "succeeded");
    let exited = events.one("service_exited", "shop");
    let reason = exited["reason"].as_str().unwrap();
    let advice = "another program uses it; stop it, or change the step's `portBindings`";
    assert!(exited["exit_code"] == 255 && reason.contains(advice), "{exited}");
    drop(output.says("it could not be started; the stage continues without it, as in CI"));
}

#[test]
fn a_port_of_the_pod_that_another_service_has() {
    let redis = |id| background(id, REDIS, "");
    let environment = steps(&[redis("db"), redis("cache"), run_step("a", "sleep 2")]);
    let (output, events) = run(&environment, &["--infra", "kubernetes"], 0);
    let exited: Vec<_> = events.of("service_exited").collect();
    assert_eq!(exited.len(), 1, "{exited:?}");
    let reason = exited[0]["reason"].as_str().unwrap();
    let other = if below_stage(exited[0]) == "db" { "cache" } else { "db" };
    assert!(reason.contains(&format!("port 6379 is in use by `{other}`")), "{reason}");
    drop(output.says("`db` and `cache` both run `cirun.local/redis:7` unchanged"));
}

/// Images that expose the same port are reported before either service starts.
#[test]
fn a_port_of_the_pod_that_two_images_expose() {
    let other = format!("cirun.local/it-valkey:{}", std::process::id());
    docker(&["tag", REDIS, &other]);
    let environment = steps(&[background("db", REDIS, ""), background("cache", &other, ""), run_step("a", "sleep 1")]);
    let (_, events) = run(&environment, &["--infra", "kubernetes", "--pull", "never"], 0);
    let message: Vec<_> = events.of("diagnostic").filter(|event| event["code"] == "pod-port-twice").collect();
    assert_eq!(message.len(), 1, "{message:?}");
    assert!(
        message[0]["message"].as_str().unwrap().contains("and the image of `db` both expose port 6379"),
        "{message:?}"
    );
    assert!(events.position("diagnostic", "cache") < events.position("service_started", "db"));
    docker(&["rmi", &other]);
}

#[test]
fn a_user_by_name_is_refused_before_the_run() {
    let service = background("db", BUSYBOX, "runAsUser: nosuch\nentrypoint:\n  - id");
    let output = steps(&[service, run_step("a", "sleep 1")]).cirun(&["local", "ci.yaml"]).exits(3);
    drop(output.says("`nosuch` is not a user id"));
}
