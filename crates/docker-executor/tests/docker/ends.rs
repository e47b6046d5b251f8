//! How steps end: stopped, killed, out of memory, never started.

use std::time::{Duration, Instant};

use cirun_engine::{Backend, Exit, ReadyContainer};
use cirun_plan::Profile;

use super::bench::{Bench, code, step, wires};

fn contains(output: &[u8], text: &str) -> bool {
    output.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_stop_lets_the_step_say_goodbye() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let script = "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    let ran = bench
        .run_with(&step("polite", script, |_| {}), |output, io| {
            if contains(output, "ready") {
                io.stop.cancel();
            }
        })
        .await;
    assert_eq!((ran.exit.clone(), ran.out()), (Exit::Stopped, "ready\nbye\n".to_owned()));
    bench.finish().await;
}

#[tokio::test]
async fn a_step_that_ignores_the_stop_is_killed_after_the_grace() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
    let began = Instant::now();
    let ran = bench.run_with(&step("stubborn", script, |_| {}), |_, io| io.stop.cancel()).await;
    assert_eq!(ran.exit, Exit::Stopped);
    assert!(began.elapsed() >= Duration::from_secs(1), "the grace was not given");
    bench.finish().await;
}

#[tokio::test]
async fn a_kill_does_not_wait_for_the_grace() {
    let bench = Bench::with(Profile::Docker, |config| config.stop_grace = Duration::from_secs(100)).await;
    bench.start(&[]).await.unwrap();
    let script = "trap 'echo asked' TERM; echo ready; while :; do sleep 0.05; done";
    let ran = bench
        .run_with(&step("stubborn", script, |_| {}), |output, io| {
            if contains(output, "ready") {
                io.stop.cancel();
            }
            if contains(output, "asked") {
                io.kill.cancel();
            }
        })
        .await;
    assert_eq!((ran.exit.clone(), ran.out()), (Exit::Stopped, "ready\nasked\n".to_owned()));
    bench.finish().await;
}

#[tokio::test]
async fn a_stop_before_the_start() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let (io, _chunks) = wires();
    io.stop.cancel();
    let exit = bench.backend.run(&step("late", "echo no", |_| {}), io).await.unwrap();
    assert_eq!(exit, Exit::Stopped);
    bench.finish().await;
}

#[tokio::test]
async fn too_much_memory_is_distinguished_from_a_kill() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let limit = |container: &mut ReadyContainer| container.memory_bytes = Some(16 << 20);
    // The engine learns of it in parallel to the container's end, and may miss it if both come at once; so a child is
    // killed.
    let hungry =
        bench.run(&step("hungry", "sh -c 'tail /dev/zero; exit $?'; code=$?; sleep 1; exit $code", limit)).await;
    assert_eq!(hungry.exit, Exit::Code { code: 137, oom_killed: true });
    let killed = bench.run(&step("killed", "exit 137", limit)).await;
    assert_eq!(killed.exit, code(137));
    bench.finish().await;
}

#[tokio::test]
async fn a_signal_of_its_own() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let ran = bench.run(&step("suicide", "sh -c 'kill -9 $$'; exit $?", |_| {})).await;
    assert_eq!(ran.exit, code(137));
    bench.finish().await;
}

#[tokio::test]
async fn programs_that_cannot_start() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    std::fs::write(bench.workspace("plain"), "text").unwrap();
    write_foreign_program(&bench.workspace("foreign"));
    let mut shown = Vec::new();
    for entrypoint in ["nosuch", "/no/such", "/harness/plain", "/harness/foreign"] {
        let ran =
            bench.run(&step("broken", "", |container| container.entrypoint = Some(vec![entrypoint.into()]))).await;
        shown.push(describe(&ran.exit));
    }
    let ran = bench.run(&step("broken", "id", |container| container.user = Some("nosuch".into()))).await;
    shown.push(describe(&ran.exit));
    insta::assert_snapshot!(shown.join("\n"), @"
    127: `nosuch` is not in the image: check `entrypoint`, `command` and the image
    127: `/no/such` is not in the image: check `entrypoint`, `command` and the image
    126: `/harness/plain` cannot be executed: it is not marked as executable, or is a directory
    126: `/harness/foreign` is for another processor (exec format error), or is a script without `#!`: check the image's platform, `--platform`, and emulation (binfmt)
    126: the image has no user `nosuch`: use a numeric id in `runAsUser`
    ");
    bench.finish().await;
}

fn describe(exit: &Exit) -> String {
    match exit {
        Exit::NotStarted { code, reason } => format!("{code}: {reason}"),
        other => format!("{other:?}"),
    }
}

/// An executable ELF header for a processor that our engines do not have (SPARC).
fn write_foreign_program(path: &std::path::Path) {
    let mut elf = vec![0x7f, b'E', b'L', b'F', 1, 2, 1];
    elf.resize(16, 0);
    elf.extend_from_slice(&[0, 2, 0, 2, 0, 0, 0, 1]);
    elf.resize(256, 0);
    std::fs::write(path, elf).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}
