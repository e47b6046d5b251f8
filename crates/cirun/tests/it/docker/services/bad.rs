//! Services that cannot work: each is told in its own words, and nothing of the run is left.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    thread,
};

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
    }
}

#[test]
fn no_such_entrypoint() {
    let service = background("db", BUSYBOX, "entrypoint:\n  - /no/such/server");
    let environment = steps(&[service, run_step("a", "sleep 1")]);
    for infra in EVERYWHERE {
        let (code, reason) = ended(&environment, infra);
        assert!(code == 127 && reason.contains("`/no/such/server` is not in the image"), "{infra}: {reason}");
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

/// It is named when it happens and at the end, as of any failed step, and not for every step that does not run for it.
#[test]
fn a_port_of_the_host_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let bound = format!("      portBindings:\n        \"{port}\": \"8080\"\n      shell: Sh");
    let service = web("shop").replace("      shell: Sh", &bound);
    let steps_ = [service, run_step("a", "true"), run_step("b", "true"), run_step("c", "true")];
    let (output, events) = run(&steps(&steps_), &["--progress", "quiet"], 4);
    assert_eq!(events.outcomes(), "shop failed, a aborted, b aborted, c aborted");
    let words = output.words();
    let advice = "another program listens there; stop it, or change the step's `portBindings`";
    let flat = words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(flat.matches(advice).count(), 2, "{words}");
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
    assert!(reason.contains(&format!("port 6379 is taken by `{other}`")), "{reason}");
    drop(output.says("`db` and `cache` both run `cirun.local/redis:7` as it is"));
}

/// Images that expose the same port are told before either service starts.
#[test]
fn a_port_of_the_pod_that_two_images_expose() {
    let other = format!("cirun.local/it-valkey:{}", std::process::id());
    docker(&["tag", REDIS, &other]);
    let environment = steps(&[background("db", REDIS, ""), background("cache", &other, ""), run_step("a", "sleep 1")]);
    let (_, events) = run(&environment, &["--infra", "kubernetes", "--pull", "never"], 0);
    let told: Vec<_> = events.of("diagnostic").filter(|event| event["code"] == "pod-port-twice").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0]["message"].as_str().unwrap().contains("exposes port 6379, and so does that of `db`"), "{told:?}");
    assert!(events.position("diagnostic", "cache") < events.position("service_started", "db"));
    docker(&["rmi", &other]);
}

/// An engine without the right to run privileged containers: ours, behind a door that answers each start as such an engine
/// does (recorded from runc on a machine that lacks a capability).
#[test]
fn privileged_on_an_engine_that_refuses() {
    let service = web("db").replace("      shell: Sh", "      privileged: true\n      shell: Sh");
    let environment = steps(&[service, run_step("a", "true")]).with("DOCKER_HOST", &refusing_engine());
    let (output, events) = run(&environment, &["--progress", "quiet"], 4);
    assert_eq!(events.outcomes(), "db failed, a aborted");
    let words = output.words().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("this engine may not run privileged containers"), "{words}");
}

/// Passes everything on to the real engine but the starts of containers.
fn refusing_engine() -> String {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", door.local_addr().unwrap());
    thread::spawn(move || {
        for client in door.incoming() {
            thread::spawn(move || pass_on(client.unwrap()));
        }
    });
    address
}

fn pass_on(mut client: TcpStream) {
    let host = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
    let mut engine =
        UnixStream::connect(host.strip_prefix("unix://").expect("the tests' engine has a socket")).unwrap();
    let (mut answers, mut back) = (engine.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || drop(std::io::copy(&mut answers, &mut back)));
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        let head = String::from_utf8_lossy(&buffer[..count.min(200)]).into_owned();
        if head.starts_with("POST ") && head.lines().next().is_some_and(|line| line.contains("/start")) {
            let text = r#"{"message":"OCI runtime create failed: runc create failed: unable to start container process: unable to apply caps: operation not permitted: unknown"}"#;
            let answer = format!(
                "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                text.len()
            );
            drop(client.write_all(answer.as_bytes()));
            return;
        }
        if engine.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    drop(engine.shutdown(std::net::Shutdown::Write));
}

#[test]
fn a_user_that_the_image_does_not_have() {
    let service = background("db", BUSYBOX, "runAsUser: nosuch\nentrypoint:\n  - id");
    let (code, reason) = ended(&steps(&[service, run_step("a", "sleep 1")]), "vm");
    assert!(code == 126 && reason.contains("the image has no user `nosuch`"), "{reason}");
}
