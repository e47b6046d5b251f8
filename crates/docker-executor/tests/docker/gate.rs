//! Steps behind a gate: what the engine knows of them, and what becomes of containers whose turn does not come.

use std::time::Duration;

use bollard::{Docker, models::ContainerInspectResponse};
use cirun_docker_executor::GateProgram;
use cirun_engine::{Backend, Exit, Inventory, OwnedObject, Owner, ReadyAction, ReadyStep, Selection};
use cirun_plan::{Action, Node, PlannedStage, PlannedStep, Profile, Text};

use super::bench::{Bench, busybox, code, planned, step, with_gate};

async fn started(steps: &[&ReadyStep], profile: Profile) -> Bench {
    let bench = Bench::with(profile, with_gate).await;
    bench.start(steps).await.unwrap();
    bench
}

/// The plan of a ready step, with its user and limits.
fn plan_of(step: &ReadyStep) -> PlannedStep {
    let PlannedStage { execution, .. } = planned(Profile::Cloud, &[step], &[]);
    let Some(Node::Step(mut plan)) = execution.into_iter().next() else { panic!() };
    let (Action::Container(planned), ReadyAction::Container(ready)) = (&mut plan.action, &step.action) else {
        panic!()
    };
    let origin = planned.image.origin.clone();
    planned.user = ready.user.clone().map(|user| cirun_plan::Traced::new(Text::from(user.as_str()), origin.clone()));
    planned.memory_bytes = ready.memory_bytes.map(|bytes| cirun_plan::Traced::new(bytes, origin.clone()));
    planned.nano_cpus = ready.nano_cpus.map(|cpus| cirun_plan::Traced::new(cpus, origin));
    *plan
}

async fn containers(bench: &Bench) -> Vec<OwnedObject> {
    let mut owned = bench.owned().await;
    owned.retain(|object| object.role == "step");
    owned
}

async fn inspect(name: &str) -> ContainerInspectResponse {
    let docker = Docker::connect_with_defaults().unwrap();
    docker.inspect_container(name, None).await.unwrap()
}

async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn a_prepared_container_is_the_steps() {
    let step = step("a", "echo $TOKEN $HOME $0; id -u; pwd", |container| {
        container.env.insert("TOKEN".into(), "hunter2hunter2".into());
        container.command.as_mut().unwrap().push("zero".into());
        container.user = Some("1000:1000".into());
        container.memory_bytes = Some(64 << 20);
        container.nano_cpus = Some(500_000_000);
    });
    let bench = started(&[&step], Profile::Cloud).await;
    bench.backend.prepare(&plan_of(&step)).await.unwrap();
    let prepared = containers(&bench).await;
    assert_eq!((prepared.len(), prepared[0].state.as_deref()), (1, Some("running")));
    let seen = inspect(&prepared[0].name).await;
    let text = format!("{seen:?}");
    let (config, host) = (seen.config.unwrap(), seen.host_config.unwrap());
    assert_eq!((config.user.as_deref(), config.working_dir.as_deref()), (Some("1000:1000"), Some("/harness")));
    assert_eq!((host.memory, host.nano_cpus), (Some(64 << 20), Some(500_000_000)));
    assert_eq!(
        host.network_mode.as_deref(),
        seen.network_settings.unwrap().networks.unwrap().into_keys().next().as_deref()
    );
    let mut targets: Vec<String> = host.mounts.unwrap().into_iter().filter_map(|mount| mount.target).collect();
    targets.sort();
    assert_eq!(targets, ["/.cirun-gate", "/harness", "/shared", "/tmp/engine"]);
    assert!(!text.contains("hunter2") && !text.contains("echo"), "{text}");

    let ran = bench.run(&step).await;
    assert_eq!(
        (ran.exit, String::from_utf8(ran.stdout).unwrap()),
        (code(0), "hunter2hunter2 / zero\n1000\n/harness\n".into())
    );
    assert!(!containers(&bench).await.iter().any(|container| container.name != prepared[0].name), "another container");
    bench.finish().await;
}

#[tokio::test]
async fn a_step_that_is_skipped_leaves_no_container() {
    let step = step("a", "true", |_| {});
    let bench = started(&[&step], Profile::Kubernetes).await;
    bench.backend.prepare(&plan_of(&step)).await.unwrap();
    assert_eq!(containers(&bench).await.len(), 1);
    bench.backend.discard(&step.path).await;
    eventually("the container is removed", async || containers(&bench).await.is_empty().then_some(())).await;
    bench.finish().await;
}

/// What a step's container depends on may be decided after it was prepared.
#[tokio::test]
async fn another_description_is_another_container() {
    let step = step("a", "id -u", |container| container.user = Some("7".into()));
    let bench = started(&[&step], Profile::Kubernetes).await;
    let mut plan = plan_of(&step);
    if let Action::Container(container) = &mut plan.action {
        container.user = None;
    }
    bench.backend.prepare(&plan).await.unwrap();
    assert_eq!(bench.run(&step).await.out(), "7\n");
    bench.finish().await;
}

/// The gate is the client of its own stream: a cirun that was killed leaves nothing running.
#[tokio::test]
async fn a_gate_ends_with_its_executor() {
    let step = step("a", "true", |_| {});
    let mut bench = started(&[&step], Profile::Cloud).await;
    bench.backend.prepare(&plan_of(&step)).await.unwrap();
    let name = containers(&bench).await.remove(0).name;
    // `destroy_stage` would remove the container too; this only closes the streams.
    bench.backend = Bench::new(Profile::Cloud).await.backend.clone();
    eventually("the gate ends", async || {
        let state = inspect(&name).await.state?;
        (state.running == Some(false)).then_some(())
    })
    .await;
    bench.engine.clean(&Selection::Run(bench.run_id.clone()), &Owner::current(), false).await.unwrap();
}

#[tokio::test]
async fn a_container_that_is_killed_is_no_success() {
    let step = step("a", "touch /harness/up; sleep 1000", |_| {});
    let bench = started(&[&step], Profile::Kubernetes).await;
    let kill = async {
        eventually("the step begins", async || bench.workspace("up").exists().then_some(())).await;
        let docker = Docker::connect_with_defaults().unwrap();
        docker.kill_container(&containers(&bench).await[0].name, None).await.unwrap();
    };
    let (ran, ()) = tokio::join!(bench.run(&step), kill);
    assert_eq!(ran.exit, code(137));
    bench.finish().await;
}

/// A program that cannot run is written again, and then done without.
#[tokio::test]
async fn a_gate_that_cannot_run_is_done_without() {
    let step = step("a", "echo plain", |_| {});
    let bench = Bench::with(Profile::Kubernetes, |config| {
        config.gate = Some(GateProgram::new(b"\x7fELF of another machine"));
    })
    .await;
    bench.start(&[&step]).await.unwrap();
    assert_eq!(bench.run(&step).await.out(), "plain\n");
    let finding = bench.backend.take_finding().unwrap();
    assert!(finding.starts_with(&format!("the gate cannot run in `{}` on this engine (", busybox())), "{finding}");
    assert_eq!(bench.run(&ReadyStep { attempt: 2, ..step }).await.out(), "plain\n");
    assert_eq!(bench.backend.take_finding(), None);
    bench.finish().await;
}

#[tokio::test]
async fn programs_that_cannot_start() {
    let missing = step("a", "", |container| container.entrypoint = Some(vec!["nosuch".into()]));
    let denied = step("b", "", |container| container.entrypoint = Some(vec!["/etc/passwd".into()]));
    let bench = started(&[&missing, &denied], Profile::Kubernetes).await;
    let exit = |exit| match exit {
        Exit::NotStarted { code, reason } => format!("{code}: {reason}"),
        other => format!("{other:?}"),
    };
    insta::assert_snapshot!(exit(bench.run(&missing).await.exit), @"127: `nosuch` is not in the image: check `entrypoint`, `command` and the image");
    insta::assert_snapshot!(exit(bench.run(&denied).await.exit), @"126: `/etc/passwd` cannot be executed: it is not marked as executable, or is a directory");
    bench.finish().await;
}
