//! How steps run: arguments, environment, output, exit codes.

use cirun_engine::{Backend as _, Exit, ReadyAction, Shell};
use cirun_host_executor::HostConfig;
use insta::assert_snapshot;

use crate::{
    bed,
    harness::{Bed, Ended, code, sh, step},
    testbed,
};

#[tokio::test]
async fn output_and_exit_code() {
    let (_directory, bed) = bed().await;
    let ended = bed.run(&sh("a", "echo out; echo err >&2; printf 'no newline'; exit 3")).await;
    assert_eq!(ended, Ended { exit: code(3), stdout: "out\nno newline".into(), stderr: "err\n".into() });
}

#[tokio::test]
async fn every_exit_code_is_exact() {
    let (_directory, bed) = bed().await;
    for expected in [0, 1, 2, 125, 126, 127, 128, 137, 143, 255] {
        assert_eq!(bed.run(&sh("a", &format!("exit {expected}"))).await.exit, code(expected));
    }
}

#[tokio::test]
async fn a_signal_has_the_code_of_shells() {
    let (_directory, bed) = bed().await;
    for (signal, expected) in [("KILL", 137), ("TERM", 143), ("SEGV", 139)] {
        assert_eq!(bed.run(&sh("a", &format!("kill -{signal} $$"))).await.exit, code(expected));
    }
}

/// With a clean clone, each stage has a workspace of its own.
#[tokio::test]
async fn a_stages_own_workspace_is_where_its_steps_and_shells_are() {
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().canonicalize().unwrap().join("own");
    std::fs::create_dir(&own).unwrap();
    let give = |config: &mut HostConfig| config.workspaces.give(cirun_plan::StageId("build".to_owned()), own.clone());
    let bed = Bed::with(directory.path().to_owned(), &testbed(), give).await;
    let step = sh("a", "pwd -P");
    assert_eq!(bed.run(&step).await.stdout.trim_end(), own.display().to_string());
    let Shell::Program(shell) = bed.backend.shell(&step).unwrap() else { panic!("the shell is elsewhere") };
    assert_eq!(shell.get_current_dir(), Some(own.as_path()));
}

#[tokio::test]
async fn no_output_is_lost() {
    let (_directory, bed) = bed().await;
    // More than any pipe holds, on both streams, with a last line without a newline.
    let script = "seq 1 200000; seq 1 200000 >&2; printf last";
    let ended = bed.run(&sh("a", script)).await;
    let numbers: String = (1..=200_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(ended.stdout.len(), numbers.len() + 4);
    assert!(ended.stdout == numbers.clone() + "last" && ended.stderr == numbers);
}

#[tokio::test]
async fn short_steps_lose_nothing_either() {
    let (_directory, bed) = bed().await;
    for round in 0..50 {
        let ended = bed.run(&sh("a", &format!("echo {round}; printf {round} >&2"))).await;
        assert_eq!((ended.stdout, ended.stderr), (format!("{round}\n"), round.to_string()));
    }
}

#[tokio::test]
async fn a_steps_environment_is_what_it_inherits_and_its_own() {
    let (_directory, bed) = bed().await;
    let own = [("TZ", "step"), ("OWN", "two\nlines"), ("HARNESS_WORKSPACE", "/harness")];
    let ended = bed.run(&step("a", &["sh", "-c", "env -u PWD -u SHLVL -u _ -u PATH | sort"], &own)).await;
    let shown = ended.stdout.replace(&*bed.workspace.to_string_lossy(), "WORKSPACE");
    assert_snapshot!(shown, @"
    GIVEN=run
    HARNESS_WORKSPACE=WORKSPACE
    HOME=WORKSPACE/homes/build
    LANG=run
    LC_MACHINE=yes
    OWN=two
    TZ=step
    lines
    ");
}

/// As on a CI VM: files that a stage leaves in its home do not exist in the next one, or after the run.
#[tokio::test]
async fn a_home_ends_with_its_stage() {
    let (_directory, bed) = bed().await;
    let ended =
        bed.run(&sh("a", "ls -A ~; mkdir -p ~/go/pkg; touch ~/go/pkg/file; chmod -w ~/go/pkg; echo $HOME")).await;
    let home = bed.workspace.join("homes/build");
    assert_eq!(ended.stdout, format!("{}\n", home.display()), "it begins empty");
    assert!(home.join("go/pkg/file").exists());
    assert_eq!(bed.destroy().await, [] as [String; 0]);
    assert!(!home.exists());
}

#[tokio::test]
async fn a_step_runs_in_the_workspace_without_input_and_terminal() {
    let (_directory, bed) = bed().await;
    let ended = bed.run(&sh("a", "pwd -P; cat; (: < /dev/tty) 2>/dev/null || echo no terminal")).await;
    let workspace = bed.workspace.canonicalize().unwrap();
    assert_eq!(ended.stdout, format!("{}\nno terminal\n", workspace.display()));
}

#[tokio::test]
async fn a_broken_pipe_ends_a_writer_as_usual() {
    let (_directory, bed) = bed().await;
    // If SIGPIPE were ignored, as in cirun's own process, `yes` would report an error instead of ending.
    let ended = bed.run(&step("a", &["bash", "-c", "yes | head -n 1; echo ${PIPESTATUS[0]}"], &[])).await;
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("y\n141\n", ""));
}

#[tokio::test]
async fn a_program_that_cannot_start_says_why() {
    let (_directory, bed) = bed().await;
    std::fs::write(bed.workspace.join("plain"), "no program").unwrap();
    let executable = bed.workspace.join("garbage");
    std::fs::write(&executable, "\u{7f}garbage").unwrap();
    std::fs::set_permissions(&executable, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut reported = Vec::new();
    for program in ["no-such-program", "./plain", "./garbage"] {
        match bed.run(&step("a", &[program], &[])).await.exit {
            Exit::NotStarted { code, reason } => reported.push(format!("{code} {reason}")),
            other => reported.push(format!("{other:?}")),
        }
    }
    assert_snapshot!(reported.join("\n"), @"
    127 `no-such-program` did not start: this machine has no such program: install it, or give the step an image
    126 `./plain` did not start: you have no permission to execute it
    126 `./garbage` did not start: it is for another processor, or is a script without `#!` (exec format error)
    ");
}

#[tokio::test]
async fn an_environment_that_is_too_large_is_the_steps_fault() {
    let (_directory, bed) = bed().await;
    let huge = "x".repeat(8 * 1024 * 1024);
    let ended = bed.run(&step("a", &["true"], &[("HUGE", &huge)])).await;
    assert!(matches!(ended.exit, Exit::NotStarted { code: 126, .. }), "{:?}", ended.exit);
}

#[tokio::test]
async fn a_step_with_an_image_is_refused_by_name() {
    let (_directory, bed) = bed().await;
    let mut step = sh("a", "true");
    step.action = ReadyAction::Container(Box::new(crate::harness::container("alpine:3")));
    let refused = cirun_engine::Backend::read_outputs(&*bed.backend, &step).await.unwrap_err();
    assert_snapshot!(refused.to_string(), @"run the step `a` on this machine: it runs in the image `alpine:3`, which needs a container engine");
}
