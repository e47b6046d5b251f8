//! Causes of failure, and the strategies that do not retry.

use cirun_plan::{Attempts, FailureAction, Must, When};
use insta::assert_snapshot;

use crate::{
    Answer,
    testing::{FakeBackend, Runner, behaves, deferred, group_with, parallel, plan, stage, step},
};

fn asks(seconds: u64, on_timeout: FailureAction) -> FailureAction {
    let timeout = std::time::Duration::from_secs(seconds);
    FailureAction::ManualIntervention { timeout, on_timeout: Box::new(on_timeout) }
}

#[tokio::test(start_paused = true)]
async fn each_action() {
    let actions = [
        ("ignored", FailureAction::Ignore),
        ("succeeds", FailureAction::MarkAsSuccess),
        ("goes_on", FailureAction::ProceedWithDefaultValues),
        ("fails", FailureAction::MarkAsFailure),
    ];
    let steps = actions.clone().map(|(id, action)| step(id).on_failure("AllErrors", action));
    let plan = plan([stage("build", [parallel(steps)])]);
    let backend = actions.iter().fold(FakeBackend::new(), |backend, (id, _)| backend.step(id, behaves().exits(1)));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    step_finished ignored ignored exit=1 (exit code 1; its failure strategy is `Ignore`)
    step_finished succeeds succeeded exit=1 (exit code 1; its failure strategy is `MarkAsSuccess`)
    step_finished goes_on failed exit=1 (exit code 1; its failure strategy is `ProceedWithDefaultValues`)
    step_finished fails failed exit=1 (exit code 1; its failure strategy is `MarkAsFailure`)
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn an_ignored_failure_lets_the_stage_succeed() {
    let plan = plan([stage("build", [step("a").on_failure("AllErrors", FailureAction::Ignore), step("b")])]);
    let backend = FakeBackend::new().step("a", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    step_finished a ignored exit=1 (exit code 1; its failure strategy is `Ignore`)
    step_finished b succeeded exit=0
    stage_finished build ignored
    run_finished ignored exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn abort_stops_what_runs() {
    let plan = plan([
        stage(
            "build",
            [
                parallel([step("a").on_failure("Unknown", FailureAction::Abort), step("b")]),
                step("c").when(cirun_plan::StageStatus::All).node(),
            ],
        ),
        stage("test", [step("d")]),
    ]);
    let backend =
        FakeBackend::new().step("a", behaves().takes(1).exits(1)).step("b", behaves().takes(100).ignores_stop());
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:3 test:1
    stage_started build
    image_pull busybox Present
    step_started a #1
    step_started b #1
    1s step_finished a aborted exit=1 in 1s (exit code 1; its failure strategy is `Abort`)
    11s step_finished b aborted in 11s (the run was aborted by the failure strategy of `a`)
    11s step_finished c aborted (the run was aborted by the failure strategy of `a`)
    11s stage_finished build aborted
    11s stage_started test
    11s step_finished d aborted (the run was aborted by the failure strategy of `a`)
    11s stage_finished test aborted
    11s run_finished aborted exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_ends_the_stage_but_not_what_runs() {
    let always = cirun_plan::StageStatus::All;
    let plan = plan([
        stage(
            "build",
            [
                parallel([step("a").on_failure("AllErrors", FailureAction::StageRollback), step("b")]),
                step("c").when(always).node(),
            ],
        ),
        stage("test", [step("d")]),
    ]);
    let backend = FakeBackend::new().step("a", behaves().exits(1)).step("b", behaves().takes(9));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    step_finished a failed exit=1 (exit code 1; its failure strategy is `StageRollback`)
    9s step_finished b succeeded exit=0 in 9s
    9s step_finished c skipped (the stage was stopped by the failure strategy of `a`)
    9s stage_finished build failed
    9s step_finished d skipped (stage `test` is skipped: the pipeline has failed, and `when` asks for pipelineStatus Success)
    9s stage_finished test skipped
    9s run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn strategies_by_error_type() {
    let build = |id: &str, error: &str| step(id).on_failure(error, FailureAction::Ignore).timeout(5);
    let plan = plan([stage(
        "build",
        [parallel([
            build("timeout", "Timeout"),
            build("exit", "Unknown"),
            build("memory", "ResourceLimitsFailure"),
            build("image", "PluginImageFailure").plugin(),
            build("program", "PluginImageFailure"),
            build("other", "Authentication"),
        ])],
    )]);
    let backend = FakeBackend::new()
        .step("timeout", behaves().takes(99))
        .step("exit", behaves().exits(1))
        .step("memory", behaves().runs_out_of_memory())
        .step("image", behaves().cannot_start(127, "no such program `/bin/kaniko`"))
        .step("program", behaves().cannot_start(127, "no such program `sh`"))
        .step("other", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @"
    step_finished exit ignored exit=1 (exit code 1; its failure strategy is `Ignore`)
    step_finished memory ignored exit=137 (it was killed for using more memory than its limit (exit code 137); its failure strategy is `Ignore`)
    step_finished image ignored exit=127 (it could not be started: no such program `/bin/kaniko` (ci.yaml:7:3); its failure strategy is `Ignore`)
    step_finished program failed exit=127 (it could not be started: no such program `sh` (ci.yaml:7:3))
    step_finished other failed exit=1 (exit code 1)
    5s step_finished timeout ignored in 5s (it took longer than its timeout of 5s; its failure strategy is `Ignore`)
    5s stage_finished build failed
    5s run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_stops_then_kills() {
    let plan =
        plan([stage("build", [parallel([step("a").timeout(5), step("b").timeout(5), step("c").timeout(3).wait(60)])])]);
    let backend =
        FakeBackend::new().step("a", behaves().prints("begun").takes(99)).step("b", behaves().takes(99).ignores_stop());
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @r#"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started a #1
    step_output a | begun
    step_started b #1
    step_started c #1
    3s step_finished c timed_out in 3s (it took longer than its timeout of 3s)
    5s step_finished a timed_out in 5s (it took longer than its timeout of 5s) tail=["begun"]
    15s step_finished b timed_out in 15s (it took longer than its timeout of 5s)
    15s stage_finished build timed_out
    15s run_finished timed_out exit=1
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_cannot_kill_is_an_error() {
    let plan = plan([stage("build", [step("a").timeout(5), step("b")])]);
    let backend = FakeBackend::new().step("a", behaves().takes(9999).ignores_kill());
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started a #1
    45s step_finished a failed in 45s (killing a step: it was not reported as ended within 30 s; the step is at ci.yaml:7:3)
    45s step_finished b aborted (the run could not continue)
    45s stage_finished build failed
    45s run_finished failed exit=4
    ");
}

#[tokio::test(start_paused = true)]
async fn a_missing_image_ends_the_run() {
    let plan = plan([stage("build", [parallel([step("a"), step("b")]), step("c").node()]), stage("test", [step("d")])]);
    let backend = FakeBackend::new().step("a", behaves().has_no_image()).step("b", behaves().takes(100));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:3 test:1
    stage_started build
    image_pull busybox Present
    step_started a #1
    step_finished a failed (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3)
    step_started b #1
    step_finished b aborted (the run could not continue)
    step_finished c aborted (the run could not continue)
    stage_finished build failed
    stage_started test
    step_finished d aborted (the run could not continue)
    stage_finished test failed
    run_finished failed exit=4
    ");
    assert!(matches!(run.result.error, Some(crate::RunError::Backend(crate::BackendError::Image { .. }))));
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_cannot_start_is_removed() {
    let plan = plan([stage("build", [step("a")])]);
    let run = Runner::new(FakeBackend::new().stage_start(behaves().breaks())).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:1
    stage_started build
    image_pull busybox Present
    diagnostic error backend-error: running a step: the engine has gone
    step_finished a aborted (the run could not continue)
    stage_finished build failed
    run_finished failed exit=4
    ");
    assert_snapshot!(run.calls(), @"start build, destroy");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_bug_and_everything_is_removed() {
    let plan = plan([stage("build", [step("a"), step("b")])]);
    let run = Runner::new(FakeBackend::new().step("a", behaves().prints("last words").panics())).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started a #1
    diagnostic a error backend-error: cirun has a bug: a task panicked
    step_finished a failed (cirun has a bug: its task panicked)
    step_finished b aborted (the run could not continue)
    stage_finished build failed
    run_finished failed exit=4
    ");
    assert_snapshot!(run.calls(), @"start build, run a #1, destroy");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_is_reported() {
    let plan = plan([stage("build", [step("a")]), stage("test", [step("b")])]);
    let run = Runner::new(FakeBackend::new().leaves("network cirun-r1 is in use")).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:1 test:1
    stage_started build
    image_pull busybox Present
    step_started a #1
    step_finished a succeeded exit=0
    stage_finished build succeeded
    diagnostic warning cleanup-incomplete: network cirun-r1 is in use
    stage_started test
    image_pull busybox Present
    step_started b #1
    step_finished b succeeded exit=0
    stage_finished test succeeded
    run_finished succeeded exit=0
    ");
    assert_eq!(run.result.left, ["network cirun-r1 is in use"]);
}

#[tokio::test(start_paused = true)]
async fn a_person_decides() {
    let ask = || asks(60, FailureAction::MarkAsFailure);
    let steps = ["ignore", "success", "again"].map(|id| step(id).on_failure("AllErrors", ask()));
    let plan = plan([stage("build", steps)]);
    let backend = FakeBackend::new()
        .step("ignore", behaves().exits(1))
        .step("success", behaves().exits(1))
        .step("again", behaves().exits(1))
        .step("again", behaves());
    let run = Runner::new(backend)
        .answers(5, Answer::Ignore)
        .answers(5, Answer::MarkAsSuccess)
        .answers(5, Answer::Retry)
        .run(&plan)
        .await;
    assert_snapshot!(run.text(), @"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started ignore #1
    diagnostic ignore note manual-intervention: exit code 1; waiting for an answer, and after 60s the action is `MarkAsFailure`
    5s step_finished ignore ignored exit=1 in 5s (exit code 1; a person chose `Ignore`)
    5s step_started success #1
    5s diagnostic success note manual-intervention: exit code 1; waiting for an answer, and after 60s the action is `MarkAsFailure`
    10s step_finished success succeeded exit=1 in 5s (exit code 1; a person chose `MarkAsSuccess`)
    10s step_started again #1
    10s diagnostic again note manual-intervention: exit code 1; waiting for an answer, and after 60s the action is `MarkAsFailure`
    15s diagnostic again note step-retry: attempt 1 failed (exit code 1); the next one starts at once
    15s step_started again #2
    15s step_finished again succeeded exit=0 in 5s
    15s stage_finished build ignored
    15s run_finished ignored exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn no_decision_in_time() {
    let plan = plan([stage("build", [step("a").on_failure("AllErrors", asks(60, FailureAction::Ignore))])]);
    let backend = || FakeBackend::new().step("a", behaves().exits(1));
    assert_snapshot!(Runner::new(backend()).answers(61, Answer::Abort).run(&plan).await.ends(), @r"
    60s step_finished a ignored exit=1 in 60s (exit code 1; its failure strategy is `Ignore`)
    60s stage_finished build ignored
    60s run_finished ignored exit=0
    ");
    assert_snapshot!(Runner::new(backend()).run(&plan).await.text(), @"
    run_started shop build:1
    stage_started build
    image_pull busybox Present
    step_started a #1
    diagnostic a note nobody-to-ask: no one is there to answer, so cirun takes the action `Ignore` at once, as after the timeout
    step_finished a ignored exit=1 (exit code 1; its failure strategy is `Ignore`)
    stage_finished build ignored
    run_finished ignored exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_group_ignores_what_its_step_marks_as_failed() {
    let fails = step("a").on_failure("AllErrors", FailureAction::MarkAsFailure);
    let group = group_with("g", When::default(), Some(FailureAction::Ignore), [fails, step("b")]);
    let plan = plan([stage("build", [group, step("c").node()])]);
    let backend = FakeBackend::new().step("g.a", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    step_finished g.a failed exit=1 (exit code 1; its failure strategy is `MarkAsFailure`)
    step_finished g.b skipped (the stage has failed, and `when` asks for stageStatus Success)
    step_finished c succeeded exit=0
    stage_finished build ignored
    run_finished ignored exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_text_that_cannot_be_evaluated_fails_its_step() {
    let broken = || deferred("<+9223372036854775807 * 2>");
    let again = Attempts { count: 3, intervals: Vec::new() };
    let retry = FailureAction::Retry { attempts: again, then: Box::new(FailureAction::Ignore) };
    let plan = plan([stage(
        "build",
        [
            step("retried_in_vain").env("X", broken()).on_failure("ConfigurationFailure", retry),
            step("a").env("X", broken()),
            step("b"),
        ],
    )]);
    assert_snapshot!(Runner::new(FakeBackend::new()).run(&plan).await.ends(), @r"
    step_finished retried_in_vain ignored (variable `X`: `<+9223372036854775807 * 2>` cannot be evaluated: the number does not fit 64 bits; its failure strategy is `Ignore`)
    step_finished a failed (variable `X`: `<+9223372036854775807 * 2>` cannot be evaluated: the number does not fit 64 bits)
    step_finished b skipped (the stage has failed, and `when` asks for stageStatus Success)
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_cannot_be_fails_its_step_before_it_starts() {
    let tags = deferred("bad tag <+steps.a.output.outputVariables.V>");
    let plan = plan([stage("build", [step("a"), step("push").env("TAGS", tags).rule("TAGS", Must::Tags)])]);
    let run = Runner::new(FakeBackend::new()).run(&plan).await;
    assert_snapshot!(run.calls(), @"start build, run a #1, read_outputs a, destroy");
    let ends = run.ends();
    assert!(ends.contains("step_finished push failed") && ends.contains("is not a tag"), "{ends}");
}
