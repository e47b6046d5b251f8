//! Background steps on the host.

use std::{net::TcpListener, time::Duration};

use cirun_engine::{Backend, Exit, Readiness, ReadyAction, ReadyStep, ServiceExit};
use cirun_plan::StepPath;
use tokio::time::timeout;

use crate::{
    bed,
    free_port::free_port,
    harness::{PATIENCE, code, is_alive, sh, step},
    testbed,
};

#[tokio::test]
async fn a_service_runs_beside_the_steps_until_the_stage_is_removed() {
    let (_directory, bed) = bed().await;
    let (mut ends, output) = bed.service(&sh("svc", "echo $$ > pid; echo up; exec sleep 1000")).await;
    let pid = bed.pid("pid").await;
    assert_eq!(bed.run(&sh("a", "kill -0 $(cat pid) && echo seen")).await.stdout, "seen\n");

    assert_eq!(bed.destroy().await, Vec::<String>::new());
    assert!(!is_alive(pid));
    assert_eq!(timeout(PATIENCE, output).await.unwrap().unwrap().0, "up\n");
    assert_eq!(ends.recv().await, None, "the removal of the stage is not an end by itself");
}

#[tokio::test]
async fn a_service_that_ends_is_reported_at_once() {
    let (_directory, bed) = bed().await;
    let (mut ends, output) = bed.service(&sh("svc", "echo oops >&2; exit 7")).await;
    let end = timeout(PATIENCE, ends.recv()).await.unwrap();
    assert_eq!(end, Some(ServiceExit { path: StepPath::new("build", ["svc"]), exit: code(7), cause: None }));
    assert_eq!(timeout(PATIENCE, output).await.unwrap().unwrap().1, "oops\n");
}

#[tokio::test]
async fn a_service_that_cannot_start_has_ended() {
    let (_directory, bed) = bed().await;
    let (mut ends, _output) = bed.service(&step("svc", &["no-such-program"], &[])).await;
    let end = timeout(PATIENCE, ends.recv()).await.unwrap().unwrap();
    assert!(matches!(end.exit, Exit::NotStarted { code: 127, .. }), "{end:?}");
}

fn with_ports(mut step: ReadyStep, ports: &[u16]) -> ReadyStep {
    if let ReadyAction::Host(host) = &mut step.action {
        host.ports = ports.to_vec();
    }
    step
}

/// The server is a grandchild that left the process group: it is found nevertheless.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_service_is_ready_when_one_of_its_processes_listens() {
    let port = free_port();
    let (_directory, bed) = bed().await;
    let script = format!("sleep 0.3; setsid '{}' listen {port} & wait", testbed().display());
    let service = with_ports(sh("svc", &script), &[port]);
    let (_ends, _output) = bed.service(&service).await;
    let early = bed.backend.await_ready(&service, Duration::ZERO).await.unwrap();
    let missing = format!("none of its processes listens on port {port}");
    assert_eq!(early, Readiness::NotInTime { missing });
    assert_eq!(bed.backend.await_ready(&service, PATIENCE).await.unwrap(), Readiness::Ready);
    assert_eq!(bed.destroy().await, Vec::<String>::new());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_port_of_another_program_does_not_make_it_ready() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let (_directory, bed) = bed().await;
    let service = with_ports(sh("svc", "exec sleep 1000"), &[port]);
    let (_ends, _output) = bed.service(&service).await;
    let missing = format!("none of its processes listens on port {port}; another program of this machine does");
    let found = bed.backend.await_ready(&service, Duration::from_millis(100)).await.unwrap();
    assert_eq!(found, Readiness::NotInTime { missing });
    assert_eq!(bed.destroy().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_service_that_has_ended_is_not_waited_for() {
    let (_directory, bed) = bed().await;
    let service = with_ports(sh("svc", "exit 3"), &[free_port()]);
    let (mut ends, _output) = bed.service(&service).await;
    assert_eq!(bed.backend.await_ready(&service, PATIENCE).await.unwrap(), Readiness::Ended);
    assert_eq!(ends.recv().await.unwrap().exit, code(3));
}

#[tokio::test]
async fn without_ports_readiness_is_unknown() {
    let (_directory, bed) = bed().await;
    let service = sh("svc", "exec sleep 1000");
    let (_ends, _output) = bed.service(&service).await;
    assert_eq!(bed.backend.await_ready(&service, PATIENCE).await.unwrap(), Readiness::Unknown);
    assert_eq!(bed.destroy().await, Vec::<String>::new());
}
