//! One test for each input of a Background step that has an effect at run time.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use super::{BRIDGES, BUSYBOX, EVERYWHERE, REDIS, background, indent, read, run, script, steps, wait_for, web};
use crate::it::support::{assert_nothing_left, docker, free_port, run_step, until};

/// A step that connects to a Redis server.
fn ping(host: &str, port: u16) -> String {
    run_step("ping", &format!("redis-cli -h {host} -p {port} ping")).replace(BUSYBOX, REDIS)
}

/// Images with the example names of each registry in Harness's docs; the engine already has them.
#[test]
fn image() {
    let names = [
        format!("cirun-it-{}/tomcat", std::process::id()),
        format!("us.gcr.io/playground-123/cirun-it-{}:latest", std::process::id()),
        format!("40000005317.dkr.ecr.us-east-1.amazonaws.com/cirun-it-{}:0.2", std::process::id()),
    ];
    let services = names.iter().enumerate().map(|(number, name)| {
        docker(&["tag", BUSYBOX, name]);
        background(&format!("s{number}"), name, &format!("shell: Sh\ncommand: echo up > seen{number}; exec sleep 1000"))
    });
    let environment = steps(&services.chain([wait_for(3)]).collect::<Vec<_>>());
    for infra in EVERYWHERE {
        let (_, events) = run(&environment, &["--infra", infra, "--pull", "never"], 0);
        assert_eq!(events.of("service_started").count(), 3, "{infra}");
    }
    names.iter().for_each(|name| drop(docker(&["rmi", name])));
}

#[test]
fn image_pull_policy() {
    let missing = "localhost:1/cirun-it-missing:1";
    for (policy, image, code, word) in [
        ("Never", missing, 5, "the pull policy is Never"),
        ("Always", missing, 5, "cannot be reached"),
        ("IfNotPresent", missing, 5, "cannot be reached"),
        ("IfNotPresent", BUSYBOX, 0, "succeeded"),
        ("Never", BUSYBOX, 0, "succeeded"),
    ] {
        let spec = format!("imagePullPolicy: {policy}\nshell: Sh\ncommand: exec sleep 1000");
        let environment = steps(&[background("db", image, &spec), run_step("a", "true")]);
        for infra in ["kubernetes", "vm"] {
            let (output, _) = run(&environment, &["--infra", infra], code);
            drop(output.says(word));
        }
    }
}

/// The shell ends at the first failing command, and its exit code is the service's.
#[test]
fn command() {
    let service = script("db", "echo first\nsh -c 'exit 7'\necho never");
    let environment = steps(&[service, run_step("a", "sleep 2")]);
    for infra in EVERYWHERE {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("db"), ["first"], "{infra}");
        assert_eq!(events.one("service_exited", "db")["exit_code"], 7, "{infra}");
    }
}

#[test]
fn entrypoint_over_command() {
    let spec = "entrypoint:\n  - redis-server\n  - --port\n  - \"7001\"\n  - --protected-mode\n  - \"no\"\nshell: Sh\ncommand: echo never";
    let environment = steps(&[background("db", REDIS, spec), ping("db", 7001)]);
    for infra in EVERYWHERE {
        let (output, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("ping"), ["PONG"], "{infra}");
        assert!(!events.output("db").contains(&"never"), "{infra}");
        drop(output.says("`command` has no effect beside `entrypoint`"));
    }
}

/// Neither `entrypoint` nor `command`: the image's own program runs.
#[test]
fn the_images_own_program() {
    let environment = steps(&[background("db", REDIS, ""), ping("db", 6379)]);
    for infra in EVERYWHERE {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("ping"), ["PONG"], "{infra}");
        assert_eq!(events.of("service_ready").count(), 1, "{infra}");
    }
}

#[test]
fn env_variables() {
    let service = script("db", "echo \"$WORD ${EMPTY-unset}\"; echo > seen; exec sleep 1000").replace(
        "      shell: Sh",
        "      envVariables:\n        WORD: two words\n        EMPTY: \"\"\n      shell: Sh",
    );
    let environment = steps(&[service, wait_for(1)]);
    for (infra, line) in [("kubernetes", "two words "), ("vm", "two words unset"), ("docker", "two words unset")] {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("db"), [line], "{infra}");
    }
}

/// Limits apply on Kubernetes only, where 500Mi and 400m are the defaults.
#[test]
fn resources() {
    let limits = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null || true\ncat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max\necho >> seen\nexec sleep 1000";
    let written = script("written", limits).replace(
        "      shell: Sh",
        "      resources:\n        limits:\n          memory: 64Mi\n          cpu: 250m\n      shell: Sh",
    );
    let environment = steps(&[written, script("default", limits), wait_for(2)]);
    let (_, events) = run(&environment, &["--infra", "kubernetes"], 0);
    assert_eq!(events.output("written"), ["67108864", "25000"]);
    assert_eq!(events.output("default"), ["524288000", "40000"]);
    let (output, events) = run(&environment, &["--infra", "vm"], 0);
    assert_eq!(events.output("written"), events.output("default"));
    assert!(!events.output("written").contains(&"67108864"));
    drop(output.says("`resources.limits.memory` has no effect on vm"));
}

#[test]
fn out_of_memory() {
    let service = script("db", "set +e; sh -c 'tail /dev/zero; exit $?'; code=$?; sleep 1; exit $code")
        .replace("      shell: Sh", "      resources:\n        limits:\n          memory: 16Mi\n      shell: Sh");
    let (_, events) = run(&steps(&[service, run_step("a", "sleep 4")]), &["--infra", "kubernetes"], 0);
    let exited = events.one("service_exited", "db");
    assert_eq!(exited["exit_code"], 137);
    assert!(exited["reason"].as_str().unwrap().contains("more memory than its limit"), "{exited}");
}

#[test]
fn privileged() {
    let capabilities = "grep CapEff /proc/self/status; echo >> seen; exec sleep 1000";
    let powerful =
        script("powerful", capabilities).replace("      shell: Sh", "      privileged: true\n      shell: Sh");
    let environment = steps(&[powerful, script("plain", capabilities), wait_for(2)]);
    for infra in EVERYWHERE {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        let bits = |id| u64::from_str_radix(events.output(id)[0].split_whitespace().nth(1).unwrap(), 16).unwrap();
        assert!(bits("powerful").count_ones() > bits("plain").count_ones(), "{infra}");
    }
}

#[test]
fn run_as_user() {
    let service =
        script("db", "id -u; exec sleep 1000").replace("      shell: Sh", "      runAsUser: \"1234\"\n      shell: Sh");
    let environment = steps(&[service, run_step("a", "sleep 1")]);
    for infra in EVERYWHERE {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("db"), ["1234"], "{infra}");
    }
}

/// Each shell runs the command, or is reported as missing by name.
#[test]
fn shell() {
    let python = "cirun.local/python:3";
    let shells = [
        ("Sh", BUSYBOX, "echo $((1 + 1))", "2"),
        ("Bash", python, "a=(1 2); echo ${#a[@]}", "2"),
        ("Python", python, "print(1 + 1, flush=True)", "2"),
        ("Pwsh", python, "echo 2", "the image has no `pwsh`"),
        ("Powershell", python, "echo 2", "the image has no `powershell`"),
    ];
    let services = shells.iter().map(|(shell, image, command, _)| {
        background(&shell.to_lowercase(), image, &format!("shell: {shell}\ncommand: {command}"))
    });
    let environment = steps(&services.chain([run_step("a", "sleep 3")]).collect::<Vec<_>>());
    for infra in ["kubernetes", "vm"] {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        for (shell, _, _, expected) in &shells {
            let id = shell.to_lowercase();
            let exited = events.one("service_exited", &id);
            let said =
                events.output(&id).first().map_or_else(|| exited["reason"].to_string(), |line| (*line).to_owned());
            assert!(said.contains(expected), "{infra} {shell}: {exited} {said}");
        }
    }
}

/// A service on a port of the host during the run: reached from the test itself, like from any program.
fn answers_at(spec: impl Fn(u16) -> String) {
    for infra in BRIDGES {
        let port = free_port();
        let service = web("shop").replace("      shell: Sh", &format!("{}      shell: Sh", indent(&spec(port), 6)));
        let hold = run_step("hold", "until test -e done; do sleep 0.1; done")
            .replace("type: Run\n", "type: Run\n    timeout: 1m\n");
        let environment = steps(&[service, hold]);
        let running = environment.start(&["local", "ci.yaml", "--infra", infra, "--events", "e.jsonl"]);
        let answers = || get(&format!("127.0.0.1:{port}"), "/id").is_some_and(|answer| answer.contains("shop"));
        until("the service answers at the host's port", answers);
        std::fs::write(environment.workspace().join("done"), "").unwrap();
        drop(running.wait().exits(0));
        let events = environment.events();
        assert_eq!(events.of("service_ready").count(), 1, "{infra}");
        assert_nothing_left(events.run());
    }
}

#[test]
fn port_bindings() {
    answers_at(|port| format!("portBindings:\n  \"{port}\": \"8080\""));
}

#[test]
fn ports() {
    answers_at(|port| format!("ports:\n  - \"{port}:8080\""));
}

/// A host step uses the host's port, a container the container's (network.host-port, network.container-port).
#[test]
fn port_bindings_from_a_host_step() {
    let port = free_port();
    let bound = format!("      portBindings:\n        \"{port}\": \"8080\"\n      shell: Sh");
    let service = web("shop").replace("      shell: Sh", &bound);
    let ask =
        format!("import urllib.request as u; print(u.urlopen('http://localhost:{port}/id').read().decode().strip())");
    let host = format!(
        "- step:\n    name: host\n    identifier: host\n    type: Run\n    spec:\n      shell: Python\n      command: \"{ask}\"\n"
    );
    let environment = steps(&[service, host, read("inside", "shop")]);
    for infra in ["vm", "cloud"] {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!((events.output("host"), events.output("inside")), (vec!["shop"], vec!["shop"]), "{infra}");
    }
}

#[test]
fn reports() {
    let report = "<testsuite name=\"s\" tests=\"1\"><testcase name=\"good\"/></testsuite>";
    let service = script("db", &format!("echo '{report}' > db.xml; echo > seen; exec sleep 1000")).replace(
        "      shell: Sh",
        "      reports:\n        type: JUnit\n        spec:\n          paths:\n            - \"*.xml\"\n      shell: Sh",
    );
    let environment = steps(&[service, wait_for(1)]);
    for infra in ["kubernetes", "vm"] {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.one("step_finished", "db")["tests"]["passed"], 1, "{infra}");
    }
}

/// The number is accepted and has no effect: in CI a started service is a success.
#[test]
fn retry() {
    let service = script("db", "echo once; exit 3").replace("      shell: Sh", "      retry: 3\n      shell: Sh");
    let environment = steps(&[service, run_step("a", "sleep 2")]);
    for infra in ["kubernetes", "vm"] {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("db"), ["once"], "{infra}");
    }
}

/// A condition skips a service, which does not start (groups.advanced).
#[test]
fn condition() {
    let service = script("db", "echo never").replace(
        "    type: Background\n",
        "    type: Background\n    when:\n      stageStatus: Success\n      condition: <+stage.name> == \"other\"\n",
    );
    let (_, events) = run(&steps(&[service, run_step("a", "true")]), &[], 0);
    assert_eq!(events.one("step_finished", "db")["outcome"], "skipped");
    assert_eq!(events.of("service_started").count(), 0);
}

/// The response of a server.
pub(super) fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
