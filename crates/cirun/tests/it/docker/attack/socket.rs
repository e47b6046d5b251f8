//! The engine's socket: requests of a step through the proxy.

use std::{path::Path, process::Command};

use insta::assert_snapshot;

use super::super::{engine, run};
use crate::it::support::{Events, Stage, TestEnvironment, assert_nothing_left, docker, left_by, run_step};

/// An image with the docker command.
const DIND: &str = "cirun.local/dind:1";
const BUSYBOX: &str = "cirun.local/busybox:1";

/// Sends raw requests, unlike any client.
const ASK: &str = include_str!("socket/ask.py");

/// A Run step with Python.
fn python(id: &str, command: &str) -> String {
    run_step(id, command).replace("cirun.local/busybox:1", "cirun.local/python:3")
}

/// A Run step with the docker command.
fn client(id: &str, command: &str) -> String {
    let image = |name: &str| format!("image: {name}\n");
    run_step(id, command).replace(&image(BUSYBOX), &image(DIND)).replace("type: Run\n", "type: Run\n    timeout: 2m\n")
}

/// A name that no other run of these tests uses at the same time.
fn unique(name: &str) -> String {
    format!("cirun-it-{name}-{}", std::process::id())
}

/// Objects of another owner on the engine: a container, a volume and a network with the same name.
struct Foreign(String);

impl Foreign {
    fn new(name: &str) -> Self {
        let foreign = Self(unique(name));
        docker(&["network", "create", &foreign.0]);
        docker(&["volume", "create", &foreign.0]);
        let mount = format!("{}:/data", foreign.0);
        let secret = ["--env", "PASSWORD=hunter2", "--entrypoint", "sleep"];
        docker(&[&["run", "-d", "--name", &foreign.0, "-v", &mount], &secret[..], &[BUSYBOX, "600"]].concat());
        foreign
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        for args in [["rm", "-fv"], ["volume", "rm"], ["network", "rm"]] {
            drop(Command::new("docker").args(args).arg(&self.0).output());
        }
    }
}

/// A workspace with the script, and a stage on a VM of these steps.
fn asking(steps: &[String]) -> TestEnvironment {
    let stage = steps.iter().fold(Stage::vm(), |stage, step| stage.step(step));
    engine(&stage.pipeline()).file("ask.py", ASK)
}

/// The results of one list of the script's requests.
fn asked(list: &str) -> String {
    let prepare = "ln -s /var/run/docker.sock link\n";
    let environment = asking(&[python("ask", &format!("{prepare}python3 ask.py {list}"))]);
    let (_, events): (_, Events) = run(&environment, &[], 0);
    events.output("ask").join("\n")
}

#[test]
fn no_mount_leads_to_the_engine() {
    assert_snapshot!(asked("mounts"), @"
    the usual place: 201 guarded
    dots: 201 guarded
    slashes: 201 guarded
    its directory: 403
    its directory, linked: 403
    the root: 403
    a mount of its directory: 403
    a mount by dots: 201 guarded
    a process's root: 403
    a link of the workspace: 403
    a link of the workspace, used twice: 201 guarded
    out of the workspace: 403
    a volume with options: 403
    a volume with options in other cases: 403
    a mount of such a volume: 403
    ");
}

#[test]
fn bodies_are_read_as_the_engine_reads_them() {
    assert_snapshot!(asked("bodies"), @"
    lower case: 201 guarded
    lower case within: 201 guarded
    a long s: 201 guarded
    at the top: 403
    twice: 400
    twice, in other cases: 400
    depth: 400
    bad UTF-8: 400
    half a surrogate: 400
    trailing bytes: 400
    a second document: 400
    a list: 400
    a form: 415
    a form for a push: 415
    ");
}

#[test]
fn endpoints_that_the_guard_does_not_know_are_refused() {
    assert_snapshot!(asked("endpoints"), @"
    services: 501
    a service: 501
    a swarm: 501
    libpod: 501
    plugins: 501
    a version twice: 501
    by dots: 501
    encoded: 501
    with slashes: 501
    what an old engine starts with: 400
    an import from elsewhere: 403
    a build from elsewhere: 403
    a build on the machine's network: 403
    a network of another driver: 403
    what this API does not have: 501
    the engine's version: 200
    a ping: 200
    ");
}

#[test]
fn rights_over_the_machine_are_refused() {
    assert_snapshot!(asked("rights"), @"
    privileged: 403
    its processes: 403
    its memory: 403
    its network: 403
    its users: 403
    its name: 403
    another group: 403
    its groups: 403
    a device: 403
    devices by rule: 403
    a capability: 403
    all of them: 403
    no profile: 403
    no masked paths: 403
    another runtime: 403
    a harmless capability: 201 guarded
    ");
}

#[test]
fn what_is_not_the_runs_is_neither_shown_nor_touched() {
    let foreign = Foreign::new("foreign");
    let name = &foreign.0;
    let image = format!("{name}:1");
    docker(&["tag", BUSYBOX, &image]);
    let refused = |what: &str| format!("! docker {what} > /dev/null 2> said\nhead -n 1 said\n");
    let command = [
        format!("docker ps --all --quiet --filter name={name}\n"),
        format!("docker volume ls --quiet --filter name={name}\n"),
        format!("docker network ls --filter name={name} --filter name=bridge --format '{{{{.Name}}}}'\n"),
        refused(&format!("inspect {name}")),
        refused(&format!("logs {name}")),
        refused(&format!("exec {name} true")),
        refused(&format!("rm --force {name}")),
        refused(&format!("run --rm --volume {name}:/data {BUSYBOX} true")),
        refused(&format!("run --rm --volumes-from {name} {BUSYBOX} true")),
        refused(&format!("run --rm --network container:{name} {BUSYBOX} true")),
        refused(&format!("run --rm --network {name} {BUSYBOX} true")),
        refused(&format!("volume rm {name}")),
        refused(&format!("network rm {name}")),
        refused(&format!("image rm {image}")),
        "docker system prune --all --force --volumes | tail -n 1\n".to_owned(),
    ];
    let stage = Stage::vm().step(&client("a", &command.concat()));
    let (_, events) = run(&engine(&stage.pipeline()), &[], 0);
    let said = events.output("a").join("\n").replace(name, "[NAME]");
    let still = docker(&["ps", "--quiet", "--filter", &format!("name={name}")]);
    docker(&["image", "rm", &image]);
    assert_snapshot!(said, @"
    bridge
    Error: No such object: [NAME]
    Error: No such container: [NAME]
    Error: No such container: [NAME]
    Error: No such container: [NAME]
    docker: Error response from daemon: the volume `[NAME]` does not belong to this run, and cirun's socket proxy protects it: use another name.
    docker: Error response from daemon: No such container: [NAME] (it does not belong to this run, and cirun's socket proxy protects it).
    docker: Error response from daemon: No such container: [NAME] (it does not belong to this run, and cirun's socket proxy protects it).
    docker: Error response from daemon: No such network: [NAME] (it does not belong to this run, and cirun's socket proxy protects it).
    Error: No such volume: [NAME]
    Error: No such network: [NAME]
    Error response from daemon: cirun's socket proxy refuses the removal of the image `[NAME]:1`: this machine had it before the run
    Total reclaimed space: 0B
    ");
    assert_ne!(still, "");
    docker(&["volume", "inspect", name]);
}

#[test]
fn what_a_step_starts_goes_with_the_run() {
    let name = unique("started");
    let command = format!(
        "docker network create {name} > /dev/null\n\
         docker volume create {name} > /dev/null\n\
         docker run --detach --restart always --name {name} --network {name} --volume {name}:/a --volume {name}-b:/b \
         --label mine=yes --label cirun.run=other {BUSYBOX} sleep 600 > /dev/null\n\
         docker ps --filter label=mine=yes --format '{{{{.Names}}}} {{{{.Status}}}}' | cut -d' ' -f1,2\n\
         docker exec {name} sh -c 'echo by exec'\n\
         docker commit {name} {name}:committed > /dev/null\n\
         docker tag {BUSYBOX} {name}:tagged\n\
         printf 'FROM {BUSYBOX}\\nRUN true\\n' > Dockerfile\n\
         DOCKER_BUILDKIT=0 docker build --quiet --tag {name}:built . > /dev/null\n\
         docker image ls --format '{{{{.Tag}}}}' {name} | sort\n\
         docker image rm {name}:tagged"
    );
    let environment = engine(&Stage::vm().step(&client("a", &command)).pipeline());
    let (_, events) = run(&environment, &[], 0);
    assert_snapshot!(events.output("a").join("\n").replace(&name, "[NAME]"), @"
    [NAME] Up
    by exec
    built
    committed
    tagged
    Untagged: [NAME]:tagged
    ");
    let filter = format!("name={name}");
    for kind in [&["ps", "--all", "--quiet"][..], &["volume", "ls", "--quiet"], &["network", "ls", "--quiet"]] {
        assert_eq!(docker(&[kind, &["--filter", &filter]].concat()), "", "{kind:?}");
    }
    assert_eq!(docker(&["image", "ls", "--quiet", &name]), "");

    // What is kept is kept with the run, and removed with it.
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--keep"]).exits(0));
    let run = environment.events().run().to_owned();
    let kept = docker(&["ps", "--all", "--quiet", "--filter", &filter]);
    assert!(!kept.is_empty() && left_by(&run).contains(&kept.trim().to_owned()), "{kept}");
    drop(environment.cirun(&["clean", "--run", &run]).exits(0));
    assert_nothing_left(&run);
    for tag in ["committed", "built"] {
        docker(&["image", "rm", &format!("{name}:{tag}")]);
    }
}

#[test]
fn mounts_of_the_workspace_reach_it() {
    let command = format!(
        "within() {{ docker run --rm \"$@\"; }}\n\
         echo \"in $PWD\" > app/in\n\
         within -v $PWD/app:/a {BUSYBOX} sh -c 'cat /a/in; echo out > /a/out'\n\
         within -v $PWD/new/dir:/n {BUSYBOX} touch /n/file\n\
         within --mount type=bind,source=/harness/app,target=/a,readonly {BUSYBOX} sh -c 'ls /a; ! touch /a/no 2> /dev/null'\n\
         ! within --mount type=bind,source=/harness/nowhere,target=/a {BUSYBOX} true 2> said\nhead -n 1 said\n\
         echo shared > /cache/file\n\
         within -v /cache:/c {BUSYBOX} cat /c/file\n\
         within -v /var/run/docker.sock:/var/run/docker.sock --entrypoint sh {DIND} -c 'read id < /etc/hostname; until case $(docker ps --quiet) in *$id*) ;; *) false ;; esac; do :; done; docker ps --quiet' | wc -l\n\
         ! within -v /etc:/e {BUSYBOX} true 2> said\nhead -n 1 said"
    );
    let pipeline = Stage::vm().step(&client("a", &command)).pipeline();
    let line = "          execution:\n";
    let pipeline = pipeline.replace(line, &format!("          sharedPaths: [/cache]\n{line}"));
    let environment = engine(&pipeline).file("app/.keep", "");
    let (_, events) = run(&environment, &[], 0);
    assert_snapshot!(events.output("a").join("\n"), @"
    in /harness
    in
    out
    docker: Error response from daemon: cirun's socket proxy: bind source path does not exist: /harness/nowhere (No such file or directory (os error 2)).
    shared
    2
    docker: Error response from daemon: cirun's socket proxy refuses a mount of `/etc`, a path of this machine: it is not below `/harness` or `/tmp/engine`; `--open-docker-socket` allows it.
    ");
    assert_eq!(environment.read("app/out"), "out\n");
    assert_eq!(environment.read("new/dir/file"), "");
    assert!(!Path::new("/harness/new").exists() && !Path::new("/harness/app").exists());

    let (_, events) = run(
        &engine(
            &Stage::vm()
                .step(&client("a", "docker run --rm -v /etc:/e cirun.local/busybox:1 test -e /e/passwd\necho open"))
                .pipeline(),
        ),
        &["--open-docker-socket"],
        0,
    );
    assert_eq!(events.output("a"), ["open"]);
}

/// Services that a step starts, with a volume of the workspace and a named one: later steps can use them, and they are
/// removed at the end.
#[test]
fn what_compose_starts_goes_with_the_run() {
    let project = unique("compose");
    let compose = format!(
        "version: '3'\nservices:\n  one:\n    image: {BUSYBOX}\n    command: sh -c 'cat /app/in > /app/out; sleep 600'\n    \
         volumes: ['./app:/app', 'data:/data']\n  two:\n    image: {BUSYBOX}\n    command: sleep 600\nvolumes:\n  data: {{}}\n"
    );
    let step = |id: &str, command: &str| {
        let command = format!("docker-compose --project-name {project} {command}");
        client(id, &command).replace(DIND, "cirun.local/compose:1")
    };
    let stage = Stage::vm()
        .step(&step("up", "up -d 2> said || (cat said; false)\nuntil test -s app/out; do sleep 0.1; done"))
        .step(&step("ps", "ps --services --filter status=running"))
        .step(&step("again", "up -d 2>&1"));
    let environment =
        engine(&stage.pipeline()).file("docker-compose.yml", compose).file("app/in", "from the workspace");
    let (_, events) = run(&environment, &[], 0);
    assert_eq!(events.output("ps"), ["one", "two"]);
    let again = events.output("again").join("\n");
    assert!(again.contains("is up-to-date") && !again.contains("label"), "{again}");
    assert_eq!(environment.read("app/out"), "from the workspace");
    let label = format!("label=com.docker.compose.project={project}");
    for kind in [&["ps", "--all", "--quiet"][..], &["volume", "ls", "--quiet"], &["network", "ls", "--quiet"]] {
        assert_eq!(docker(&[kind, &["--filter", &label]].concat()), "", "{kind:?}");
    }
}
