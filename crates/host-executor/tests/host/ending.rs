//! How steps end, and that nothing of them is left.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use cirun_engine::{Backend, Exit, Workspaces};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::{
    bed,
    harness::{Bed, PATIENCE, code, eventually, is_alive, parent_of, sh},
    testbed,
};

/// A step that writes its own pid and that of a child to files, and waits for ever.
const FAMILY: &str = "echo $$ > parent; sleep 1000 & echo $! > child; wait";

#[tokio::test]
async fn a_stopped_step_can_clean_up() {
    let (_directory, bed) = bed().await;
    let running = bed.start(&sh("a", "trap 'echo bye; kill $!; exit 0' TERM; sleep 1000 & echo $! > child; wait"));
    let child = bed.pid("child").await;
    running.stop.cancel();
    let ended = running.end().await;
    assert_eq!((ended.exit, ended.stdout.as_str()), (Exit::Stopped, "bye\n"));
    eventually(|| (!is_alive(child)).then_some(())).await;
}

#[tokio::test]
async fn a_stop_reaches_the_whole_group() {
    let (_directory, bed) = bed().await;
    let running = bed.start(&sh("a", FAMILY));
    let (parent, child) = (bed.pid("parent").await, bed.pid("child").await);
    assert!(is_alive(parent) && is_alive(child));
    running.stop.cancel();
    assert_eq!(running.end().await.exit, Exit::Stopped);
    eventually(|| (!is_alive(parent) && !is_alive(child)).then_some(())).await;
}

#[tokio::test]
async fn a_step_that_ignores_the_stop_is_killed_after_the_grace() {
    let directory = tempfile::tempdir().unwrap();
    let grace = Duration::from_millis(100);
    let bed = Bed::with(directory.path().to_owned(), &testbed(), |config| config.stop_grace = grace).await;
    let running = bed.start(&sh("a", "trap 'echo no' TERM; echo $$ > pid; while :; do sleep 1000; done"));
    let pid = bed.pid("pid").await;
    running.stop.cancel();
    let ended = running.end().await;
    assert_eq!(ended.exit, Exit::Stopped);
    eventually(|| (!is_alive(pid)).then_some(())).await;
}

#[tokio::test]
async fn a_kill_does_not_wait_for_the_grace() {
    let (_directory, bed) = bed().await;
    let running = bed.start(&sh("a", "trap '' TERM; echo $$ > pid; while :; do sleep 1000; done"));
    let pid = bed.pid("pid").await;
    running.stop.cancel();
    running.kill.cancel();
    assert_eq!(running.end().await.exit, Exit::Stopped);
    eventually(|| (!is_alive(pid)).then_some(())).await;
}

#[tokio::test]
async fn what_a_step_leaves_running_lives_until_the_stage_is_removed() {
    let (_directory, bed) = bed().await;
    // It keeps the step's output open and fills it, and must affect neither the step's end nor the next step.
    let ended = bed.run(&sh("a", "(while :; do echo noise; done) & echo $! > left; echo done")).await;
    assert_eq!(ended.exit, code(0));
    assert!(ended.stdout.contains("done"));
    let left = bed.pid("left").await;
    assert_eq!(bed.run(&sh("b", "kill -0 $(cat left) && echo still there")).await.stdout, "still there\n");

    assert_eq!(bed.destroy().await, Vec::<String>::new());
    assert!(!is_alive(left));
    assert_eq!(bed.destroy().await, Vec::<String>::new(), "a second time changes nothing");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_daemon_does_not_escape() {
    let (_directory, bed) = bed().await;
    let script = "setsid sh -c 'trap \"\" TERM HUP; echo $$ > daemon; while :; do sleep 1000; done' > /dev/null 2>&1 &";
    assert_eq!(bed.run(&sh("a", script)).await.exit, code(0));
    let daemon = bed.pid("daemon").await;
    assert!(is_alive(daemon));
    let grace = Duration::from_millis(1);
    assert_eq!(bed.backend.destroy_stage(grace).await.unwrap(), Vec::<String>::new());
    eventually(|| (!is_alive(daemon)).then_some(())).await;
}

#[tokio::test]
async fn nothing_survives_the_end_of_cirun() {
    let directory = tempfile::tempdir().unwrap();
    let mut driver = Command::new(testbed())
        .arg("drive")
        .arg(directory.path())
        .arg(format!("trap '' TERM HUP INT; {FAMILY}"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = |file: &'static str| {
        let path = directory.path().join(file);
        eventually(move || std::fs::read_to_string(&path).ok()?.trim().parse().ok())
    };
    let (parent, child): (i32, i32) = (pid("parent").await, pid("child").await);
    assert!(is_alive(parent) && is_alive(child));

    // After SIGKILL nothing in the process can act any more.
    driver.kill().unwrap();
    driver.wait().unwrap();
    eventually(|| (!is_alive(parent) && !is_alive(child)).then_some(())).await;
}

#[tokio::test]
async fn a_guard_that_is_killed_takes_the_step_along() {
    let (_directory, bed) = bed().await;
    let (mut ends, _output) = bed.service(&sh("svc", FAMILY)).await;
    let (parent, child) = (bed.pid("parent").await, bed.pid("child").await);
    let supervisor = Pid::from_raw(parent_of(parent)).unwrap();
    kill_process(supervisor, Signal::KILL).unwrap();

    let end = timeout(PATIENCE, ends.recv()).await.unwrap().unwrap();
    let Exit::NotStarted { code: 255, reason } = end.exit else { panic!("{end:?}") };
    insta::assert_snapshot!(reason, @"follow `sh`: its supervisor ended first: it was killed, or is not a supervisor");
    eventually(|| (!is_alive(parent) && !is_alive(child)).then_some(())).await;
}

#[tokio::test]
async fn removing_a_stage_that_never_started_is_fine() {
    let directory = tempfile::tempdir().unwrap();
    let backend = cirun_host_executor::HostBackend::new(cirun_host_executor::HostConfig {
        given: Default::default(),
        homes: directory.path().join("homes"),
        own_files: Default::default(),
        workspace: directory.path().join("none"),
        workspaces: Workspaces::default(),
        run_dir: directory.path().join("run"),
        environment: Default::default(),
        supervisor: Vec::new(),
        stop_grace: Duration::ZERO,
    });
    assert_eq!(backend.destroy_stage(Duration::ZERO).await.unwrap(), Vec::<String>::new());
}
