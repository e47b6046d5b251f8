//! Background steps.

use cirun_plan::{Attempts, FailureAction};
use insta::assert_snapshot;

use crate::{
    Stream,
    testing::{FakeBackend, Runner, behaves, containerised, group, parallel, plan, stage, step},
};

#[tokio::test(start_paused = true)]
async fn a_service_runs_beside_the_steps() {
    let plan = plan([stage("build", [step("db").service(), step("a"), step("b")])]);
    let backend = FakeBackend::new()
        .step("db", behaves().prints("listening").writes(3, Stream::Stderr, b"a query\nno line end").prepares_in(1))
        .step("a", behaves().takes(5));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started db #1
    1s service_started db db
    1s step_output db | listening
    1s step_started a #1
    4s step_output db ! a query
    6s step_finished a succeeded exit=0 in 5s
    6s step_started b #1
    6s step_finished b succeeded exit=0
    6s step_output db ! no line end
    6s step_finished db succeeded in 6s
    6s stage_finished build succeeded
    6s run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"start build, service db #1, run a #1, read_outputs a, run b #1, read_outputs b, destroy");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_is_told_and_the_stage_goes_on() {
    let plan = plan([stage("build", [parallel([step("db").service(), step("cache").service()]), step("a").node()])]);
    let backend = FakeBackend::new()
        .step("db", behaves().prints("1").prints("2").prints("3").takes(2).runs_out_of_memory())
        .step("cache", behaves().cannot_start(127, "no such program `redis`"))
        .step("a", behaves().takes(5));
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @r#"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    step_started cache #1
    service_started cache cache
    step_output db | 1
    step_output db | 2
    step_output db | 3
    service_exited cache exit=127 (it could not be started: no such program `redis`)
    step_started a #1
    2s service_exited db exit=137 (it was killed for using more memory than its limit) tail=["2", "3"]
    5s step_finished a succeeded exit=0 in 5s
    5s step_finished db succeeded exit=137 in 5s (it ended before its stage: it was killed for using more memory than its limit)
    5s step_finished cache succeeded exit=127 in 5s (it ended before its stage: it could not be started: no such program `redis`)
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_created_ends_the_run() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let run = Runner::new(FakeBackend::new().step("db", behaves().cannot_prepare())).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    diagnostic db error backend-error: preparing a step: the engine has gone
    step_finished db failed (preparing a step: the engine has gone)
    step_finished a aborted (the run could not go on: preparing a step: the engine has gone)
    stage_finished build failed
    run_finished failed exit=4
    ");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_stops_a_start_that_is_under_way() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let backend = FakeBackend::new().step("db", behaves().prepares_in(300));
    let run = Runner::new(backend).cancels_after(2).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    2s step_finished db aborted in 2s (the run was cancelled)
    2s step_finished a aborted (the run was cancelled)
    2s stage_finished build aborted
    2s run_finished aborted exit=130
    ");
}

#[tokio::test(start_paused = true)]
async fn a_containerised_group_ends_with_its_services() {
    let inner = || [step("db").service(), step("a")];
    let stage = stage("build", [group("g", inner()), parallel([group("h", inner()), group("plain", [step("b")])])]);
    let plan = plan([containerised(stage, &["g", "h"])]);
    let run = Runner::new(FakeBackend::new()).run(&plan).await;
    assert_snapshot!(run.calls(), @"start build, service g.db #1, run g.a #1, read_outputs g.a, end_group g, service h.db #1, run plain.b #1, read_outputs plain.b, run h.a #1, read_outputs h.a, end_group h, destroy");
    assert_snapshot!(run.text(), @"
    run_started shop build:5
    stage_started build
    image_pull busybox Present
    step_started g.db #1
    service_started g.db db
    step_started g.a #1
    step_finished g.a succeeded exit=0
    step_started h.db #1
    service_started h.db db
    step_started plain.b #1
    step_finished plain.b succeeded exit=0
    step_started h.a #1
    step_finished h.a succeeded exit=0
    step_finished g.db succeeded
    step_finished h.db succeeded
    stage_finished build succeeded
    run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_containerised_group_that_runs_again_keeps_its_services() {
    let again = step("a").on_failure("AllErrors", FailureAction::RetryStepGroup(Attempts { count: 1, intervals: Vec::new() }));
    let stage = stage("build", [group("g", [step("db").service(), again])]);
    let backend = FakeBackend::new().step("g.a", behaves().exits(1)).step("g.a", behaves());
    let run = Runner::new(backend).run(&plan([containerised(stage, &["g"])])).await;
    assert_snapshot!(run.calls(), @"start build, service g.db #1, run g.a #1, run g.a #2, read_outputs g.a, end_group g, destroy");
}

#[tokio::test(start_paused = true)]
async fn a_stage_for_another_platform_is_skipped() {
    let mut windows = stage("win", [step("a")]);
    windows.not_here = Some("it is for Windows".to_owned());
    let run = Runner::new(FakeBackend::new()).run(&plan([windows, stage("linux", [step("b")])])).await;
    assert_snapshot!(run.text(), @"
    run_started shop win:1 linux:1
    stage_started win
    step_finished a skipped (stage `win` is not run on this machine: it is for Windows)
    stage_finished win skipped
    stage_started linux
    image_pull busybox Present
    step_started b #1
    step_finished b succeeded exit=0
    stage_finished linux succeeded
    run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"start linux, run b #1, read_outputs b, destroy");
}
