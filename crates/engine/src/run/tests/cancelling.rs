//! Ctrl-C, and sinks that fail.

use cirun_plan::{Attempts, FailureAction};
use insta::assert_snapshot;

use crate::{
    RunError, Stream,
    testing::{FakeBackend, Runner, behaves, group, parallel, plan, stage, step},
};

#[tokio::test(start_paused = true)]
async fn the_first_stops_and_cleans_up() {
    let plan = plan([
        stage("build", [step("db").service().node(), parallel([step("a"), step("b")]), step("c").node()]),
        stage("test", [step("d")]),
    ]);
    let backend = FakeBackend::new()
        .step("a", behaves().prints("working").takes(100))
        .step("b", behaves().takes(100).ignores_stop());
    let run = Runner::new(backend).cancels_after(3).run(&plan).await;
    assert_snapshot!(run.text(), @r#"
    run_started shop build:4 test:1
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    step_started a #1
    step_output a | working
    step_started b #1
    3s step_finished a aborted in 3s (the run was cancelled) tail=["working"]
    13s step_finished b aborted in 13s (the run was cancelled)
    13s step_finished c aborted (the run was cancelled)
    13s step_finished db succeeded in 13s
    13s stage_finished build aborted
    13s stage_started test
    13s step_finished d aborted (the run was cancelled)
    13s stage_finished test aborted
    13s run_finished aborted exit=130
    "#);
    assert_snapshot!(run.calls(), @"start build, service db #1, await_ready db, run a #1, run b #1, destroy");
    assert!(run.result.cancelled && run.result.error.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_second_kills() {
    let plan = plan([stage("build", [step("a")])]);
    let backend = FakeBackend::new().step("a", behaves().takes(100).ignores_stop());
    let run = Runner::new(backend).cancels_after(3).cancels_after(5).run(&plan).await;
    assert_snapshot!(run.ends(), @r"
    5s step_finished a aborted in 5s (the run was cancelled)
    5s stage_finished build aborted
    5s run_finished aborted exit=130
    ");
}

#[tokio::test(start_paused = true)]
async fn while_the_stage_starts() {
    let plan = plan([stage("build", [step("a")])]);
    let run = Runner::new(FakeBackend::new().stage_start(behaves().takes(100))).cancels_after(3).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:1
    stage_started build
    image_pull busybox Present
    3s step_finished a aborted (the run was cancelled)
    3s stage_finished build aborted
    3s run_finished aborted exit=130
    ");
    assert_snapshot!(run.calls(), @"start build, destroy");
}

#[tokio::test(start_paused = true)]
async fn while_a_step_is_prepared() {
    let plan = plan([stage("build", [step("a"), step("b")])]);
    let backend = FakeBackend::new().step("a", behaves().takes(1)).step("b", behaves().prepares_in(100));
    let run = Runner::new(backend).look_ahead(2).cancels_after(3).run(&plan).await;
    assert_snapshot!(run.ends(), @r"
    1s step_finished a succeeded exit=0 in 1s
    3s step_finished b aborted in 2s (the run was cancelled)
    3s stage_finished build aborted
    3s run_finished aborted exit=130
    ");
    assert_snapshot!(run.calls(), @"start build, prepare a, prepare b, run a #1, read_outputs a, destroy");
}

#[tokio::test(start_paused = true)]
async fn an_error_after_a_cancellation_is_fallout() {
    let plan = plan([stage("build", [step("a")])]);
    let backend = FakeBackend::new().step("a", behaves().takes(100).ignores_kill());
    let run = Runner::new(backend).cancels_after(1).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:1
    stage_started build
    image_pull busybox Present
    step_started a #1
    41s diagnostic a warning backend-error: killing a step: it was not reported as ended within 30 s
    41s step_finished a aborted in 41s (killing a step: it was not reported as ended within 30 s; the step is at ci.yaml:7:3)
    41s stage_finished build aborted
    41s run_finished aborted exit=130
    ");
    assert!(run.result.error.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_receiver_of_events_is_gone() {
    let plan = plan([stage("build", [step("a"), step("b")])]);
    let run = Runner::new(FakeBackend::new().step("a", behaves().takes(100))).stops_listening().run(&plan).await;
    assert_snapshot!(run.calls(), @"start build, destroy");
    assert!(matches!(run.result.error, Some(RunError::Abandoned)));
}

#[tokio::test(start_paused = true)]
async fn while_a_group_with_a_service_waits_to_run_again() {
    let attempts = Attempts { count: 1, intervals: vec![std::time::Duration::from_secs(60)] };
    let flaky = step("a").on_failure("AllErrors", FailureAction::RetryStepGroup(attempts));
    let plan = plan([stage("build", [group("g", [step("db").service(), flaky])])]);
    let backend = FakeBackend::new()
        .step("g.db", behaves().writes(40, Stream::Stdout, b"late, without a line end"))
        .step("g.a", behaves().takes(30).exits(1));
    let run = Runner::new(backend).cancels_after(50).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started g.db #1
    service_started g.db db
    step_started g.a #1
    30s diagnostic g.a note step-group-retry: exit code 1: step group `g` runs again in 60s (1 of 1 times)
    50s step_finished g.a aborted (the run was cancelled)
    50s step_output g.db | late, without a line end
    50s step_finished g.db succeeded in 50s
    50s stage_finished build aborted
    50s run_finished aborted exit=130
    ");
}
