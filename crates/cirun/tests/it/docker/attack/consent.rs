//! Consent: what a repository may set, and what runs on the host.

use std::process::Command;

use crate::it::{
    docker::{engine, run},
    support::{Stage, TestEnvironment, docker, free_port, run_step, run_step_with},
};

/// A volume of the user, removed with the test.
struct Volume(String);

impl Volume {
    fn new() -> Self {
        let name = format!("cirun-it-foreign-{}-{}", std::process::id(), free_port());
        docker(&["volume", "create", &name]);
        Self(name)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        drop(Command::new("docker").args(["volume", "rm", "--force", &self.0]).output());
    }
}

/// `infra` in a repository could turn a container step into a process of the machine.
#[test]
fn a_container_step_stays_in_its_container() {
    let pipeline = Stage::kubernetes().step(&run_step("a", "test -e /bin/busybox && echo inside")).pipeline();
    let environment = engine(&pipeline).file(".cirun.toml", "infra = \"vm\"\n").untrusted();
    let (output, events) = run(&environment, &[], 0);
    assert_eq!(events.output("a"), ["inside"]);
    drop(output.says("`infra = \"vm\"` in .cirun.toml is not followed").says("build (kubernetes)"));
}

#[test]
fn sockets_and_privileged_containers_take_consent() {
    let privileged = run_step_with("strong", "true", "privileged: true");
    let pipeline = |stage: Stage| stage.step(&privileged).step(&run_step("weak", "true")).pipeline();
    let refused =
        |environment: &TestEnvironment| environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(3);
    let environment = engine(&pipeline(Stage::kubernetes())).untrusted();
    let output = refused(&environment);
    assert!(
        output
            .stderr
            .contains("privileged containers, which are equivalent to root on this machine:\n    build.strong")
    );
    assert!(!output.stderr.contains("build.weak"), "{output}");
    let environment = engine(&pipeline(Stage::vm())).untrusted();
    let socket = "steps that get the engine's socket, which is equivalent to root on this machine:\n    build.strong";
    drop(refused(&environment).says(socket).says("    build.weak"));
    let closed = ["--no-docker-socket", "--step", "weak"];
    drop(run(&environment, &closed, 0));
    let (output, _) = run(&environment, &["--trust"], 0);
    drop(output.says("  socket     2 steps get the engine's"));
}

/// The registry's name is also the name of its volume: a database with this name is not mounted, and stays unchanged.
#[test]
fn a_volume_of_the_users_is_not_used() {
    let volume = Volume::new();
    let before = docker(&["volume", "inspect", &volume.0]);
    let environment = TestEnvironment::shop().with("CIRUN_REGISTRY", &volume.0);
    let output = environment.cirun(&["local", "pipeline.yaml"]).exits(4);
    assert!(
        output.stderr.contains(&format!("set up `{}`: a volume of this name does not belong to cirun", volume.0)),
        "{output}"
    );
    assert_eq!(docker(&["volume", "inspect", &volume.0]), before);
    let containers = docker(&["ps", "--all", "--quiet", "--filter", &format!("volume={}", volume.0)]);
    assert_eq!(containers, "", "no container has it");
}
