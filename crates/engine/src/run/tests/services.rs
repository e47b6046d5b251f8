//! Background steps.

use std::time::Duration;

use cirun_plan::{Attempts, FailureAction, StepPath};
use insta::assert_snapshot;

use crate::{
    AtServiceExit, ServiceRules, Stream, Waiting,
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
    assert_snapshot!(run.calls(), @"start build, service db #1, await_ready db, run a #1, read_outputs a, run b #1, read_outputs b, destroy");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_is_reported_and_the_stage_continues() {
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
    step_started cache #1
    service_started db db
    service_started cache cache
    step_output db | 1
    step_output db | 2
    step_output db | 3
    service_exited cache exit=127 (it could not be started: no such program `redis` (ci.yaml:7:3))
    diagnostic cache note service-not-started: it could not be started; the stage continues without it, as in CI
    step_started a #1
    2s service_exited db exit=137 (it was killed for using more memory than its limit) tail=["2", "3"]
    5s step_finished a succeeded exit=0 in 5s
    5s step_finished db succeeded exit=137 in 5s (it ended before the stage did: it was killed for using more memory than its limit)
    5s step_finished cache succeeded exit=127 in 5s (it ended before the stage did: it could not be started: no such program `redis` (ci.yaml:7:3))
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_created_ends_the_run() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let run = Runner::new(FakeBackend::new().step("db", behaves().cannot_prepare())).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    step_finished db failed (preparing a step: the engine has gone; the step is at ci.yaml:7:3)
    step_finished a aborted (the run could not continue)
    stage_finished build failed
    run_finished failed exit=4
    ");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_stops_a_start_that_is_under_way() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let backend = FakeBackend::new().step("db", behaves().prepares_in(300));
    let run = Runner::new(backend).cancels_after(2).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    2s step_finished a aborted (the run was cancelled)
    2s step_finished db aborted in 2s (the run was cancelled)
    2s stage_finished build aborted
    2s run_finished aborted exit=130
    ");
}

#[tokio::test(start_paused = true)]
async fn steps_wait_for_the_services_before_them_and_the_race_is_reported() {
    let plan = plan([stage("build", [step("db").service(), step("cache").service(), step("a"), step("b")])]);
    let backend = FakeBackend::new()
        .step("db", behaves().prepares_in(1).ready_in(4))
        .step("cache", behaves().prepares_in(2).ready_in(1));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:4
    stage_started build
    image_pull busybox Present
    step_started db #1
    step_started cache #1
    1s service_started db db
    2s service_started cache cache
    3s service_ready cache 1s
    3s diagnostic cache parity service-race: it was ready 1.0 s after `a` could have begun: CI does not wait, so `a` fails there unless it waits itself; let it wait until `cache` answers
    5s service_ready db 4s
    5s diagnostic db parity service-race: it was ready 3.0 s after `a` could have begun: CI does not wait, so `a` fails there unless it waits itself; let it wait until `db` answers
    5s step_started a #1
    5s step_finished a succeeded exit=0
    5s step_started b #1
    5s step_finished b succeeded exit=0
    5s step_finished db succeeded in 5s
    5s step_finished cache succeeded in 5s
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_ready_at_once_is_no_race() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let run = Runner::new(FakeBackend::new().step("db", behaves().ready_in(0))).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    service_ready db 0ns
    step_started a #1
    step_finished a succeeded exit=0
    step_finished db succeeded
    stage_finished build succeeded
    run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_step_beside_a_service_and_a_wait_do_not_wait_for_it() {
    let plan = plan([stage(
        "build",
        [parallel([step("db").service(), step("beside")]), step("pause").wait(3).node(), step("after").node()],
    )]);
    let run = Runner::new(FakeBackend::new().step("db", behaves().ready_in(5))).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:4
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    step_started beside #1
    step_finished beside succeeded exit=0
    step_started pause #1
    3s step_finished pause succeeded in 3s
    5s service_ready db 5s
    5s diagnostic db parity service-race: it was ready 2.0 s after `after` could have begun: CI does not wait, so `after` fails there unless it waits itself; let it wait until `db` answers
    5s step_started after #1
    5s step_finished after succeeded exit=0
    5s step_finished db succeeded in 5s
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_gets_ready_is_reported_and_the_stage_continues() {
    let plan = plan([stage("build", [step("db").service(), step("other").service(), step("a")])]);
    let backend = FakeBackend::new()
        .step("db", behaves().prints("starting").never_ready())
        .step("other", behaves().cannot_be_watched());
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started db #1
    step_started other #1
    service_started db db
    service_started other other
    diagnostic other warning service-not-seen: cirun could not check whether it is ready: watching a service: the engine has gone
    step_output db | starting
    30s diagnostic db parity service-not-ready: it was not ready within 30 s: nothing listens on port 5432; CI does not wait, so the stage continues; with `--no-wait` it continues at once (ci.yaml:7:3); its last lines:
      starting
    30s step_started a #1
    30s step_finished a succeeded exit=0
    30s step_finished db succeeded in 30s
    30s step_finished other succeeded in 30s
    30s stage_finished build succeeded
    30s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_service_ends_the_wait_for_it() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let backend = FakeBackend::new().step("db", behaves().takes(2).exits(1).never_ready().because("port 1 is taken"));
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    2s service_exited db exit=1 (port 1 is taken)
    2s step_started a #1
    2s step_finished a succeeded exit=0
    2s step_finished db succeeded exit=1 in 2s (it ended before the stage did: port 1 is taken)
    2s stage_finished build succeeded
    2s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn no_step_waits_if_waiting_is_off() {
    let plan = plan([stage("build", [step("db").service(), step("a"), step("b")])]);
    let backend = FakeBackend::new().step("db", behaves().ready_in(4)).step("a", behaves().takes(5));
    let rules = ServiceRules { waiting: Waiting::No, ..ServiceRules::default() };
    assert_snapshot!(Runner::new(backend).services(rules).run(&plan).await.text(), @"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    step_started a #1
    4s service_ready db 4s
    4s diagnostic db parity service-race: it was ready 4.0 s after `a` began: CI does not wait, so `a` fails there unless it waits itself; let it wait until `db` answers
    5s step_finished a succeeded exit=0 in 5s
    5s step_started b #1
    5s step_finished b succeeded exit=0
    5s step_finished db succeeded in 5s
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_delayed_service_comes_later_and_no_step_waits_for_it() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let rules = delay("db", 5);
    let backend = FakeBackend::new().step("db", behaves().ready_in(1)).step("a", behaves().takes(9));
    assert_snapshot!(Runner::new(backend).services(rules).run(&plan).await.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    step_started a #1
    5s service_started db db
    6s service_ready db 1s
    6s diagnostic db parity service-race: it was ready 6.0 s after `a` began: CI does not wait, so `a` fails there unless it waits itself; let it wait until `db` answers
    9s step_finished a succeeded exit=0 in 9s
    9s step_finished db succeeded in 9s
    9s stage_finished build succeeded
    9s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_stage_does_not_wait_for_the_end_of_a_delay() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let run = Runner::new(FakeBackend::new()).services(delay("db", 500)).run(&plan).await;
    assert_snapshot!(run.ends(), @"
    step_finished a succeeded exit=0
    step_finished db skipped (the stage ended before its delay was over)
    stage_finished build succeeded
    run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"start build, run a #1, read_outputs a, destroy");
}

#[tokio::test(start_paused = true)]
async fn a_stage_of_services_starts_them_all() {
    let plan = plan([stage("build", [step("db").service(), step("cache").service()])]);
    let backend = FakeBackend::new().step("db", behaves().prepares_in(2)).step("cache", behaves().prepares_in(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    step_started cache #1
    1s service_started cache cache
    2s service_started db db
    2s step_finished db succeeded in 2s
    2s step_finished cache succeeded in 2s
    2s stage_finished build succeeded
    2s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_service_fails_the_stage_if_it_is_to() {
    let plan = plan([stage("build", [step("db").service(), step("a"), step("b")]), stage("next", [step("c")])]);
    let backend = FakeBackend::new().step("db", behaves().takes(2).exits(0)).step("a", behaves().takes(50));
    let rules = ServiceRules { at_exit: AtServiceExit::FailStage, ..ServiceRules::default() };
    assert_snapshot!(Runner::new(backend).services(rules).run(&plan).await.text(), @"
    run_started shop build:3 next:1
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    step_started a #1
    2s service_exited db exit=0
    2s step_finished a aborted in 2s (the stage was stopped because its service `db` exited)
    2s step_finished b skipped (the stage was stopped because its service `db` exited)
    2s step_finished db failed exit=0 in 2s (it ended before the stage did: exit code 0)
    2s stage_finished build failed
    2s stage_started next
    2s step_finished c skipped (stage `next` is skipped: the pipeline has failed, and `when` asks for pipelineStatus Success)
    2s stage_finished next skipped
    2s run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_ends_the_wait_for_a_service() {
    let plan = plan([stage("build", [step("db").service(), step("a")])]);
    let run = Runner::new(FakeBackend::new().step("db", behaves().never_ready())).cancels_after(2).run(&plan).await;
    assert_snapshot!(run.ends(), @"
    2s step_finished a aborted (the run was cancelled)
    2s step_finished db succeeded in 2s
    2s stage_finished build aborted
    2s run_finished aborted exit=130
    ");
}

fn delay(service: &str, seconds: u64) -> ServiceRules {
    let delays = [(StepPath::new("build", [service]), Duration::from_secs(seconds))].into();
    ServiceRules { delays, ..ServiceRules::default() }
}

#[tokio::test(start_paused = true)]
async fn a_containerised_group_ends_with_its_services() {
    let inner = || [step("db").service(), step("a")];
    let stage = stage("build", [group("g", inner()), parallel([group("h", inner()), group("plain", [step("b")])])]);
    let plan = plan([containerised(stage, &["g", "h"])]);
    let run = Runner::new(FakeBackend::new()).run(&plan).await;
    assert_snapshot!(run.calls(), @"start build, service g.db #1, await_ready g.db, run g.a #1, read_outputs g.a, end_group g, service h.db #1, await_ready h.db, run plain.b #1, read_outputs plain.b, run h.a #1, read_outputs h.a, end_group h, destroy");
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
    let again =
        step("a").on_failure("AllErrors", FailureAction::RetryStepGroup(Attempts { count: 1, intervals: Vec::new() }));
    let stage = stage("build", [group("g", [step("db").service(), again])]);
    let backend = FakeBackend::new().step("g.a", behaves().exits(1)).step("g.a", behaves());
    let run = Runner::new(backend).run(&plan([containerised(stage, &["g"])])).await;
    assert_snapshot!(run.calls(), @"start build, service g.db #1, await_ready g.db, run g.a #1, run g.a #2, read_outputs g.a, end_group g, destroy");
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
