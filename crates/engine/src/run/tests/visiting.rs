//! Visits to failed steps, during which the run waits.

use cirun_plan::{FailureAction, StageStatus};
use insta::assert_snapshot;

use crate::testing::{FakeBackend, Runner, behaves, plan, stage, step};

#[tokio::test(start_paused = true)]
async fn the_run_waits_at_a_failed_step() {
    let plan = plan([stage("build", [step("a").node(), step("after").when(StageStatus::All).node()])]);
    let run = Runner::new(FakeBackend::new().step("a", behaves().exits(3))).visits_for(60).run(&plan).await;
    assert_eq!(run.visits, ["a: exit code 3"]);
    assert_snapshot!(run.ends(), @"
    step_finished a failed exit=3 (exit code 3)
    60s step_finished after succeeded exit=0
    60s stage_finished build failed
    60s run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn what_a_strategy_forgives_is_not_looked_at() {
    let plan = plan([stage("build", [step("a").on_failure("AllErrors", FailureAction::Ignore), step("b")])]);
    let run = Runner::new(FakeBackend::new().step("a", behaves().exits(3))).visits_for(60).run(&plan).await;
    assert_eq!(run.visits, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_run_ends_the_visit() {
    let plan = plan([stage("build", [step("a"), step("b")])]);
    let backend = FakeBackend::new().step("a", behaves().exits(3));
    let run = Runner::new(backend).visits_for(3600).cancels_after(5).run(&plan).await;
    assert_snapshot!(run.ends(), @"
    step_finished a failed exit=3 (exit code 3)
    5s step_finished b skipped (the stage has failed, and `when` asks for stageStatus Success)
    5s stage_finished build failed
    5s run_finished failed exit=1
    ");
}
