//! A privileged service on engines that refuse it: the report is at its place in the document, and nothing is left on
//! the engines.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    thread,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{BUSYBOX, run_step, steps, web};
use crate::it::support::NestedEngine;

/// The message about the refusal, once for every profile.
fn message(engine: &NestedEngine) -> String {
    engine.load(BUSYBOX);
    let service = web("db").replace("      shell: Sh", "      privileged: true\n      shell: Sh");
    let environment = steps(&[service, run_step("a", "true")]).with("DOCKER_HOST", engine.address());
    // The volumes with the images of this machine and with the gate's program outlive runs.
    let registry = environment.variable("CIRUN_REGISTRY").expect("tests have a registry of their own");
    let [one, other] = ["vm", "kubernetes"].map(|infra| {
        let args = ["local", "ci.yaml", "--events", "e.jsonl", "--progress", "quiet", "--infra", infra];
        let output = environment.cirun(&args).exits(4);
        assert_eq!(environment.events().outcomes(), "db failed, a aborted", "{infra}");
        let objects = engine.objects();
        let stays = |name: &str| name == registry || name.starts_with("cirun-gate-");
        let left: Vec<&str> = objects.lines().filter(|name| !stays(name)).collect();
        assert_eq!(left, [] as [&str; 0], "{infra}");
        let words = output.words();
        let (_, failure) = words.split_once("✗ db failed").expect(&words);
        failure.split_whitespace().skip_while(|word| *word != "create").collect::<Vec<_>>().join(" ")
    });
    assert_eq!(one, other);
    one
}

/// Users are remapped on it, as Docker's security guide advises.
#[test]
fn by_user_namespaces() {
    let directory = tempfile::tempdir().unwrap();
    let ranges = directory.path().join("ranges");
    fs::write(&ranges, "root:100000:65536\n").unwrap();
    let mounts = ["/etc/subuid", "/etc/subgid"].map(|file| format!("{}:{file}:ro", ranges.display()));
    let options = ["--volume", &mounts[0], "--volume", &mounts[1]];
    let engine = NestedEngine::start("remapped", &options, &["--userns-remap=root"]);
    assert_snapshot!(message(&engine), @"create the container of `db`: privileged mode is incompatible with user \
        namespaces. You must run the container in the host namespace when running privileged mode (this engine does \
        not run privileged containers: name one that does with `DOCKER_HOST`, or remove `privileged` from the step); \
        the step is at ci.yaml:25:31");
}

/// It asks a plugin about each request.
#[test]
fn by_an_authorization_plugin() {
    let directory = tempfile::tempdir().unwrap();
    serve(&directory.path().join("gatekeeper.sock"));
    let plugins = format!("{}:/run/docker/plugins", directory.path().display());
    let engine = NestedEngine::start("guarded", &["--volume", &plugins], &["--authorization-plugin=gatekeeper"]);
    assert_snapshot!(message(&engine), @"create the container of `db`: authorization denied by plugin gatekeeper: no \
        privileged containers here (an administrator of this engine forbids that: ask them, or name another engine \
        with `DOCKER_HOST`); the step is at ci.yaml:25:31");
}

/// Serves a plugin that refuses privileged containers.
fn serve(socket: &Path) {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(move || answer(&client.unwrap()));
        }
    });
}

fn answer(client: &UnixStream) {
    let mut request = BufReader::new(client);
    let mut line = String::new();
    request.read_line(&mut line).unwrap();
    let asked = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while line != "\r\n" {
        line.clear();
        request.read_line(&mut line).unwrap();
    }
    let answer = match asked.as_str() {
        "/Plugin.Activate" => json!({ "Implements": ["authz"] }),
        "/AuthZPlugin.AuthZReq" => {
            let mut bodies = serde_json::Deserializer::from_reader(request).into_iter::<Value>();
            decide(&bodies.next().expect("a body").unwrap())
        }
        _ => json!({ "Allow": true }),
    };
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
    let mut client = client;
    client.write_all((head + &answer).as_bytes()).unwrap();
}

/// The plugin's answer about a request to the engine.
fn decide(request: &Value) -> Value {
    let creates = request["RequestUri"].as_str().is_some_and(|uri| uri.contains("/containers/create"));
    let body = BASE64_STANDARD.decode(request["RequestBody"].as_str().unwrap_or_default()).unwrap();
    let privileged = serde_json::from_slice(&body).is_ok_and(|body: Value| body["HostConfig"]["Privileged"] == true);
    match creates && privileged {
        true => json!({ "Allow": false, "Msg": "no privileged containers here" }),
        false => json!({ "Allow": true }),
    }
}
