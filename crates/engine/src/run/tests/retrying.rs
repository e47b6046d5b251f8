//! `Retry` and `RetryStepGroup`.

use std::time::Duration;

use cirun_plan::{Attempts, FailureAction};
use insta::assert_snapshot;

use crate::testing::{FakeBackend, Runner, behaves, group, parallel, plan, stage, step};

fn attempts(count: u32, intervals: &[u64]) -> Attempts {
    Attempts { count, intervals: intervals.iter().map(|seconds| Duration::from_secs(*seconds)).collect() }
}

fn retry(count: u32, intervals: &[u64], then: FailureAction) -> FailureAction {
    FailureAction::Retry { attempts: attempts(count, intervals), then: Box::new(then) }
}

#[tokio::test(start_paused = true)]
async fn until_it_succeeds() {
    let plan = plan([stage("build", [step("a").on_failure("AllErrors", retry(3, &[10, 60], FailureAction::Abort))])]);
    let backend = FakeBackend::new()
        .step("a", behaves().prints("first").exits(1))
        .step("a", behaves().exits(2))
        .step("a", behaves().prints("third"));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:1
    stage_started build
    image_pull busybox Present
    step_started a #1
    step_output a | first
    diagnostic a note step-retry: attempt 1 failed (exit code 1); the next one starts in 10s
    10s step_started a #2
    10s diagnostic a note step-retry: attempt 2 failed (exit code 2: wrong usage, or a shell syntax error); the next one starts in 60s
    70s step_started a #3
    70s step_output a | third
    70s step_finished a succeeded exit=0 in 70s
    70s stage_finished build succeeded
    70s run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"start build, run a #1, run a #2, run a #3, read_outputs a, destroy");
}

#[tokio::test(start_paused = true)]
async fn the_last_interval_repeats_and_then_another_action() {
    let plan = plan([stage(
        "build",
        [step("a").on_failure("AllErrors", retry(3, &[1, 5], FailureAction::Ignore)), step("b")],
    )]);
    let backend = FakeBackend::new().step("a", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @r"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started a #1
    diagnostic a note step-retry: attempt 1 failed (exit code 1); the next one starts in 1s
    1s step_started a #2
    1s diagnostic a note step-retry: attempt 2 failed (exit code 1); the next one starts in 5s
    6s step_started a #3
    6s diagnostic a note step-retry: attempt 3 failed (exit code 1); the next one starts in 5s
    11s step_started a #4
    11s step_finished a ignored exit=1 in 11s (exit code 1; its failure strategy is `Ignore`)
    11s step_started b #1
    11s step_finished b succeeded exit=0
    11s stage_finished build ignored
    11s run_finished ignored exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_whole_timeout() {
    let plan = plan([stage(
        "build",
        [step("a").timeout(5).on_failure("Timeout", retry(1, &[], FailureAction::MarkAsFailure))],
    )]);
    let backend = FakeBackend::new().step("a", behaves().takes(99)).step("a", behaves().takes(4));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    9s step_finished a succeeded exit=0 in 9s
    9s stage_finished build succeeded
    9s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_step_group_runs_again() {
    let flaky = step("b").on_failure("AllErrors", FailureAction::RetryStepGroup(attempts(2, &[30])));
    let plan = plan([stage("build", [group("g", [step("a"), flaky, step("c")]), step("d").node()])]);
    let backend = FakeBackend::new().step("g.b", behaves().exits(1)).step("g.b", behaves());
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:4
    stage_started build
    image_pull busybox Present
    step_started g.a #1
    step_started g.b #1
    diagnostic g.b note step-group-retry: exit code 1: step group `g` runs again in 30s (1 of 2 times)
    30s step_started g.a #2
    30s step_started g.b #2
    30s step_started g.c #1
    30s step_finished g.a succeeded exit=0
    30s step_finished g.b succeeded exit=0
    30s step_finished g.c succeeded exit=0
    30s step_started d #1
    30s step_finished d succeeded exit=0
    30s stage_finished build succeeded
    30s run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"start build, run g.a #1, read_outputs g.a, run g.b #1, run g.a #2, read_outputs g.a, run g.b #2, read_outputs g.b, run g.c #1, read_outputs g.c, run d #1, read_outputs d, destroy");
}

#[tokio::test(start_paused = true)]
async fn a_step_group_runs_again_in_vain() {
    let flaky = step("a").on_failure("AllErrors", FailureAction::RetryStepGroup(attempts(1, &[])));
    let plan = plan([stage("build", [group("g", [flaky, step("b")])])]);
    let backend = FakeBackend::new().step("g.a", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    step_finished g.a failed exit=1 (exit code 1)
    step_finished g.b skipped (the stage has failed, and `when` asks for stageStatus Success)
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn what_runs_in_the_group_is_stopped_first() {
    let flaky = step("a").on_failure("AllErrors", FailureAction::RetryStepGroup(attempts(1, &[])));
    let service = step("db").service().node();
    let both = parallel([flaky, step("b").on_failure("AllErrors", FailureAction::RetryStepGroup(attempts(1, &[])))]);
    let plan = plan([stage("build", [group("g", [service, both, step("c").node()])])]);
    let backend = FakeBackend::new()
        .step("g.a", behaves().takes(1).exits(1))
        .step("g.a", behaves())
        .step("g.b", behaves().takes(50).ignores_stop())
        .step("g.b", behaves().takes(2));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:4
    stage_started build
    image_pull busybox Present
    step_started g.db #1
    service_started g.db db
    step_started g.a #1
    step_started g.b #1
    1s diagnostic g.a note step-group-retry: exit code 1: step group `g` runs again at once (1 of 1 times)
    11s step_started g.a #2
    11s step_started g.b #2
    13s step_started g.c #1
    13s step_finished g.a succeeded exit=0
    13s step_finished g.b succeeded exit=0 in 2s
    13s step_finished g.c succeeded exit=0
    13s step_finished g.db succeeded in 13s
    13s stage_finished build succeeded
    13s run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"start build, service g.db #1, await_ready g.db, run g.a #1, run g.b #1, run g.a #2, read_outputs g.a, run g.b #2, read_outputs g.b, run g.c #1, read_outputs g.c, destroy");
}

#[tokio::test(start_paused = true)]
async fn a_step_outside_of_groups_has_no_group_to_retry() {
    let plan =
        plan([stage("build", [step("a").on_failure("AllErrors", FailureAction::RetryStepGroup(attempts(1, &[])))])]);
    let backend = FakeBackend::new().step("a", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @r"
    run_started shop build:1
    stage_started build
    image_pull busybox Present
    step_started a #1
    diagnostic a warning no-step-group: `RetryStepGroup` has no effect: the step is in no step group
    step_finished a failed exit=1 (exit code 1)
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn cancelled_while_it_waits() {
    let flaky = step("a").on_failure("AllErrors", retry(3, &[100], FailureAction::Ignore));
    let again = step("b").on_failure("AllErrors", FailureAction::RetryStepGroup(attempts(1, &[100])));
    let plan = plan([stage("build", [parallel([flaky.node(), group("g", [again])])])]);
    let backend = FakeBackend::new().step("a", behaves().exits(1)).step("g.b", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).cancels_after(7).run(&plan).await.text(), @r"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started a #1
    diagnostic a note step-retry: attempt 1 failed (exit code 1); the next one starts in 100s
    step_started g.b #1
    diagnostic g.b note step-group-retry: exit code 1: step group `g` runs again in 100s (1 of 1 times)
    7s step_finished g.b aborted (the run was cancelled)
    7s step_finished a aborted in 7s (the run was cancelled)
    7s stage_finished build aborted
    7s run_finished aborted exit=130
    ");
}
