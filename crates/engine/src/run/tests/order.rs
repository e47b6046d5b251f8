//! Stages, sequences, parallel nodes, groups, loops, look-ahead.

use std::time::Duration;

use cirun_plan::{SkipReason, StageStatus, When};
use insta::assert_snapshot;

use crate::{
    EventKind,
    testing::{FakeBackend, Runner, behaves, group, looped, parallel, plan, stage, stage_when, step},
};

#[tokio::test(start_paused = true)]
async fn steps_in_order() {
    let plan = plan([stage("build", [step("a"), step("b")])]);
    let backend = FakeBackend::new().step("a", behaves().prints("one").complains("two").takes(3));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started a #1
    step_output a | one
    step_output a ! two
    3s step_finished a succeeded exit=0 in 3s
    3s step_started b #1
    3s step_finished b succeeded exit=0
    3s stage_finished build succeeded
    3s run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"start build, run a #1, read_outputs a, run b #1, read_outputs b, destroy");
}

#[tokio::test(start_paused = true)]
async fn parallel_steps_run_together() {
    let plan = plan([stage("build", [parallel([step("a"), step("b")]), step("c").node()])]);
    let backend = FakeBackend::new().step("a", behaves().takes(5)).step("b", behaves().takes(2));
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @r"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started a #1
    step_started b #1
    2s step_finished b succeeded exit=0 in 2s
    5s step_finished a succeeded exit=0 in 5s
    5s step_started c #1
    5s step_finished c succeeded exit=0
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn groups_in_parallel_keep_their_order() {
    let plan =
        plan([stage("build", [parallel([group("g", [step("a"), step("b")]), group("h", [step("a"), step("b")])])])]);
    let backend = FakeBackend::new()
        .step("g.a", behaves().takes(5))
        .step("h.a", behaves().takes(1))
        .step("h.b", behaves().takes(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    1s step_finished h.a succeeded exit=0 in 1s
    2s step_finished h.b succeeded exit=0 in 1s
    5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished g.b succeeded exit=0
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_loop_runs_so_many_at_once() {
    let instances = ["l_0", "l_1", "l_2", "l_3", "l_4"].map(step);
    let plan = plan([stage("build", [looped("l", 2, instances)])]);
    let backend = ["l_0", "l_1", "l_2", "l_3", "l_4"]
        .into_iter()
        .fold(FakeBackend::new(), |backend, id| backend.step(id, behaves().takes(10)));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:5
    stage_started build
    image_pull busybox Present
    step_started l_0 #1
    step_started l_1 #1
    10s step_finished l_0 succeeded exit=0 in 10s
    10s step_finished l_1 succeeded exit=0 in 10s
    10s step_started l_2 #1
    10s step_started l_3 #1
    20s step_finished l_2 succeeded exit=0 in 10s
    20s step_finished l_3 succeeded exit=0 in 10s
    20s step_started l_4 #1
    30s step_finished l_4 succeeded exit=0 in 10s
    30s stage_finished build succeeded
    30s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn stages_in_order() {
    let always = When { status: StageStatus::All, condition: None };
    let plan =
        plan([stage("build", [step("a")]), stage("test", [step("a")]), stage_when("report", always, [step("a")])]);
    let backend = FakeBackend::new().step("a", behaves().exits(1));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:1 test:1 report:1
    stage_started build
    image_pull busybox Present
    step_started a #1
    step_finished a failed exit=1 (exit code 1)
    stage_finished build failed
    stage_started test
    step_finished a skipped (stage `test` is skipped: the pipeline has failed, and `when` asks for pipelineStatus Success)
    stage_finished test skipped
    stage_started report
    image_pull busybox Present
    step_started a #1
    step_finished a failed exit=1 (exit code 1)
    stage_finished report failed
    run_finished failed exit=1
    ");
    assert_snapshot!(run.calls(), @"start build, run a #1, destroy, start report, run a #1, destroy");
}

#[tokio::test(start_paused = true)]
async fn steps_that_are_not_run_here() {
    let why = SkipReason::NotRunLocally { why: "it deploys".to_owned() };
    let plan = plan([stage(
        "build",
        [step("a").skipped(why), step("b").skipped(SkipReason::NotSelected), step("c").wait(60)],
    )]);
    let run = Runner::new(FakeBackend::new()).run(&plan).await;
    assert_snapshot!(run.text(), @r"
    run_started shop build:3
    stage_started build
    step_finished a skipped (it is not run locally: it deploys)
    step_finished b skipped (it is left out by `--step`, `--from` or `--until`)
    step_started c #1
    60s step_finished c succeeded in 60s
    60s stage_finished build succeeded
    60s run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"");
}

#[tokio::test(start_paused = true)]
async fn an_empty_stage_succeeds() {
    let plan = plan([stage::<cirun_plan::Node>("build", []), stage("test", [group::<cirun_plan::Node>("g", [])])]);
    assert_snapshot!(Runner::new(FakeBackend::new()).run(&plan).await.ends(), @"
    stage_finished build skipped
    stage_finished test skipped
    run_finished skipped exit=0
    ");
}

/// Only the next stage waits for the removal of a stage without services.
#[tokio::test(start_paused = true)]
async fn the_verdict_comes_before_the_removal() {
    let plan = plan([
        stage("build", [step("a")]),
        stage("test", [step("b"), step("db").service()]),
        stage("last", [step("c")]),
    ]);
    let run = Runner::new(FakeBackend::new().removes_in(5)).run(&plan).await;
    assert_snapshot!(run.ends(), @r"
    step_finished a succeeded exit=0
    stage_finished build succeeded
    5s step_finished b succeeded exit=0
    10s step_finished db succeeded in 5s
    10s stage_finished test succeeded
    10s step_finished c succeeded exit=0
    10s stage_finished last succeeded
    10s run_finished succeeded exit=0
    ");
    let last = run.events.last().unwrap();
    let EventKind::RunFinished { elapsed, .. } = last.kind else { panic!("{last:?}") };
    assert_eq!(elapsed, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn next_steps_are_prepared_meanwhile() {
    let plan = plan([stage(
        "build",
        [
            step("a"),
            step("never").if_known(false, "1 == 2"),
            step("b").image_from_run(),
            step("c"),
            step("wait").wait(1),
            step("d"),
            step("e"),
        ],
    )]);
    let backend = FakeBackend::new()
        .step("a", behaves().takes(10))
        .step("c", behaves().prepares_in(15))
        .step("d", behaves().cannot_prepare());
    let run = Runner::new(backend).look_ahead(2).run(&plan).await;
    assert_snapshot!(run.calls(), @"start build, prepare a, prepare c, run a #1, read_outputs a, run b #1, read_outputs b, prepare d, prepare e, run c #1, read_outputs c, run d #1, read_outputs d, run e #1, read_outputs e, destroy");
    assert_snapshot!(run.text(), @r"
    run_started shop build:7
    stage_started build
    image_pull busybox Present
    step_started a #1
    10s step_finished a succeeded exit=0 in 10s
    10s step_finished never skipped (its condition is false: `1 == 2`)
    10s step_started b #1
    10s step_finished b succeeded exit=0
    10s step_started c #1
    15s step_finished c succeeded exit=0 in 5s
    15s step_started wait #1
    16s step_finished wait succeeded in 1s
    16s step_started d #1
    16s diagnostic d note prepare-failed: the step could not be prepared ahead of its turn: preparing a step: the engine has gone
    16s step_finished d succeeded exit=0
    16s step_started e #1
    16s step_finished e succeeded exit=0
    16s stage_finished build succeeded
    16s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn no_more_is_prepared_than_fits_into_memory() {
    let plan = plan([stage("build", ["a", "b", "c"].map(|id| step(id).memory(40)))]);
    let backend =
        ["a", "b", "c"].into_iter().fold(FakeBackend::new(), |backend, id| backend.step(id, behaves().takes(1)));
    let run = Runner::new(backend).look_ahead(5).memory(100).run(&plan).await;
    assert_snapshot!(run.calls(), @"start build, prepare a, prepare b, run a #1, read_outputs a, run b #1, prepare c, read_outputs b, run c #1, read_outputs c, destroy");
}

#[tokio::test(start_paused = true)]
async fn every_branch_has_its_next_step_prepared() {
    let branch = |id: &str| group(id, ["1", "2", "3"].map(|step_id| step(&format!("{id}{step_id}"))));
    let plan = plan([stage("build", [step("z").node(), parallel([branch("a"), branch("b")])])]);
    let run = Runner::new(FakeBackend::new().step("z", behaves().takes(1))).look_ahead(3).run(&plan).await;
    let prepared: Vec<_> = run.backend.calls().into_iter().filter(|call| call.starts_with("prepare")).collect();
    assert_eq!(prepared[..4], ["prepare z", "prepare a.a1", "prepare b.b1", "prepare a.a2"]);
}

#[tokio::test(start_paused = true)]
async fn preparations_of_skipped_steps_make_room() {
    let plan = plan([stage("build", [step("a"), step("b"), step("c"), step("d").when(StageStatus::Failure)])]);
    let backend = FakeBackend::new().step("a", behaves().exits(1).takes(5)).step("b", behaves().prepares_in(60));
    let run = Runner::new(backend).look_ahead(1).run(&plan).await;
    assert_snapshot!(run.calls(), @"start build, prepare a, run a #1, prepare b, run d #1, read_outputs d, destroy");
    assert_snapshot!(run.ends(), @r"
    5s step_finished a failed exit=1 in 5s (exit code 1)
    5s step_finished b skipped (the stage has failed, and `when` asks for stageStatus Success)
    5s step_finished c skipped (the stage has failed, and `when` asks for stageStatus Success)
    5s step_finished d succeeded exit=0
    5s stage_finished build failed
    5s run_finished failed exit=1
    ");
}
