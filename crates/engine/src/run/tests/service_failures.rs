//! Failure strategies of Background steps (groups.advanced).

use std::time::Duration;

use cirun_plan::{Attempts, FailureAction, StageStatus};
use insta::assert_snapshot;

use crate::{
    Answer, AtServiceExit, ServiceRules,
    testing::{Behaviour, FakeBackend, Runner, behaves, group, plan, stage, step},
};

/// A service of a group with a strategy for every error, and a step after it.
async fn ends(behaviour: Behaviour, action: &FailureAction) -> String {
    let service = step("db").service().on_failure("AllErrors", action.clone());
    let plan = plan([stage("build", [group("g", [service.node(), step("a").node()]), step("b").node()])]);
    let backend = FakeBackend::new().step("g.db", behaviour).step("g.a", behaves().takes(5));
    Runner::new(backend).run(&plan).await.ends()
}

#[tokio::test(start_paused = true)]
async fn each_action_on_a_service_whose_image_is_missing() {
    let mut table = String::new();
    for action in [
        FailureAction::Ignore,
        FailureAction::MarkAsSuccess,
        FailureAction::MarkAsFailure,
        FailureAction::Abort,
        FailureAction::StageRollback,
    ] {
        table.push_str(&format!("{action:?}: {}\n", ends(behaves().has_no_image(), &action).await));
    }
    assert_snapshot!(table, @"
    Ignore: step_finished g.db ignored (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; its failure strategy is `Ignore`)
    5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished b succeeded exit=0
    5s stage_finished build ignored
    5s run_finished ignored exit=0
    MarkAsSuccess: step_finished g.db succeeded (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; its failure strategy is `MarkAsSuccess`)
    5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished b succeeded exit=0
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    MarkAsFailure: step_finished g.db failed (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; its failure strategy is `MarkAsFailure`)
    step_finished g.a skipped (the stage has failed, and `when` asks for stageStatus Success)
    step_finished b skipped (the stage has failed, and `when` asks for stageStatus Success)
    stage_finished build failed
    run_finished failed exit=1
    Abort: step_finished g.db aborted (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; its failure strategy is `Abort`)
    step_finished g.a aborted (the run was aborted by the failure strategy of `g.db`)
    step_finished b aborted (the run was aborted by the failure strategy of `g.db`)
    stage_finished build aborted
    run_finished aborted exit=1
    StageRollback: step_finished g.db failed (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; its failure strategy is `StageRollback`)
    step_finished g.a skipped (the stage was stopped by the failure strategy of `g.db`)
    step_finished b skipped (the stage was stopped by the failure strategy of `g.db`)
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn each_action_on_a_service_that_ends() {
    let mut table = String::new();
    for action in [
        FailureAction::Ignore,
        FailureAction::MarkAsSuccess,
        FailureAction::MarkAsFailure,
        FailureAction::Abort,
        FailureAction::StageRollback,
    ] {
        table.push_str(&format!("{action:?}: {}\n", ends(behaves().takes(2).exits(3), &action).await));
    }
    table.push_str(&format!("exit code 0: {}\n", ends(behaves().takes(2).exits(0), &FailureAction::Abort).await));
    assert_snapshot!(table, @"
    Ignore: 5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished b succeeded exit=0
    5s step_finished g.db ignored exit=3 in 5s (exit code 3; its failure strategy is `Ignore`)
    5s stage_finished build ignored
    5s run_finished ignored exit=0
    MarkAsSuccess: 5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished b succeeded exit=0
    5s step_finished g.db succeeded exit=3 in 5s (exit code 3; its failure strategy is `MarkAsSuccess`)
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    MarkAsFailure: 5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished b skipped (the stage has failed, and `when` asks for stageStatus Success)
    5s step_finished g.db failed exit=3 in 5s (exit code 3; its failure strategy is `MarkAsFailure`)
    5s stage_finished build failed
    5s run_finished failed exit=1
    Abort: 2s step_finished g.a aborted in 2s (the run was aborted by the failure strategy of `g.db`)
    2s step_finished b aborted (the run was aborted by the failure strategy of `g.db`)
    2s step_finished g.db aborted exit=3 in 2s (exit code 3; its failure strategy is `Abort`)
    2s stage_finished build aborted
    2s run_finished aborted exit=1
    StageRollback: 5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished b skipped (the stage was stopped by the failure strategy of `g.db`)
    5s step_finished g.db failed exit=3 in 5s (exit code 3; its failure strategy is `StageRollback`)
    5s stage_finished build failed
    5s run_finished failed exit=1
    exit code 0: 5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished b succeeded exit=0
    5s step_finished g.db succeeded exit=0 in 5s (it ended before the stage did: exit code 0)
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn it_starts_again_and_the_steps_after_it_wait() {
    let attempts = Attempts { count: 2, intervals: vec![Duration::from_secs(10)] };
    let retry = FailureAction::Retry { attempts, then: Box::new(FailureAction::Ignore) };
    let plan = plan([stage("build", [step("db").service().on_failure("Unknown", retry), step("a")])]);
    let backend = FakeBackend::new()
        .step("db", behaves().has_no_image())
        .step("db", behaves().cannot_start(127, "no such program"))
        .step("db", behaves().ready_in(1));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    diagnostic db note step-retry: start 1 failed (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3); the next one comes in 10s
    10s step_started db #2
    10s service_started db db
    10s service_exited db exit=127 (it could not be started: no such program (ci.yaml:7:3))
    10s diagnostic db note step-retry: start 2 failed (it could not be started: no such program (ci.yaml:7:3)); the next one comes in 10s
    10s step_started a #1
    10s step_finished a succeeded exit=0
    20s step_started db #3
    20s service_started db db
    20s step_finished db succeeded in 20s
    20s stage_finished build succeeded
    20s run_finished succeeded exit=0
    ");
    assert_snapshot!(run.calls(), @"start build, service db #1, service db #2, await_ready db, run a #1, read_outputs a, service db #3, await_ready db, destroy");
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_is_followed_by_the_next_action() {
    let attempts = Attempts { count: 1, intervals: Vec::new() };
    let retry = FailureAction::Retry { attempts, then: Box::new(FailureAction::MarkAsFailure) };
    let last = step("always").when(StageStatus::All);
    let plan = plan([stage("build", [step("db").service().on_failure("AllErrors", retry), step("a"), last])]);
    let run = Runner::new(FakeBackend::new().step("db", behaves().has_no_image())).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started db #1
    diagnostic db note step-retry: start 1 failed (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3); the next one comes at once
    step_started db #2
    step_finished db failed (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; its failure strategy is `MarkAsFailure`)
    step_finished a skipped (the stage has failed, and `when` asks for stageStatus Success)
    step_started always #1
    step_finished always succeeded exit=0
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn its_step_group_runs_again_with_it() {
    let again = FailureAction::RetryStepGroup(Attempts { count: 1, intervals: Vec::new() });
    let service = step("db").service().on_failure("AllErrors", again);
    let plan = plan([stage("build", [group("g", [service, step("a")])])]);
    let backend = FakeBackend::new()
        .step("g.db", behaves().takes(2).exits(1))
        .step("g.db", behaves())
        .step("g.a", behaves().takes(60))
        .step("g.a", behaves().takes(3));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started g.db #1
    service_started g.db db
    step_started g.a #1
    2s service_exited g.db exit=1
    2s diagnostic g.db note step-group-retry: exit code 1: step group `g` runs again at once (1 of 1 times)
    2s step_started g.db #2
    2s service_started g.db db
    2s step_started g.a #2
    5s step_finished g.a succeeded exit=0 in 3s
    5s step_finished g.db succeeded in 3s
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn a_person_decides() {
    let on_timeout = Box::new(FailureAction::Abort);
    let ask = || FailureAction::ManualIntervention { timeout: Duration::from_secs(60), on_timeout: on_timeout.clone() };
    let plan = || plan([stage("build", [step("db").service().on_failure("AllErrors", ask()), step("a")])]);
    let missing = || FakeBackend::new().step("db", behaves().has_no_image());
    let run = Runner::new(missing()).answers(20, Answer::Ignore).run(&plan()).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    diagnostic db note manual-intervention: image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; waiting for an answer, and after 60s the action is `Abort`
    20s step_finished db ignored in 20s (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; a person chose `Ignore`)
    20s step_started a #1
    20s step_finished a succeeded exit=0
    20s stage_finished build ignored
    20s run_finished ignored exit=0
    ");
    let silent = Runner::new(missing()).answers(600, Answer::Ignore).run(&plan()).await;
    assert_snapshot!(silent.ends(), @"
    60s step_finished db aborted in 60s (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; its failure strategy is `Abort`)
    60s step_finished a aborted (the run was aborted by the failure strategy of `db`)
    60s stage_finished build aborted
    60s run_finished aborted exit=1
    ");
    let cancelled = Runner::new(missing()).answers(600, Answer::Ignore).cancels_after(5).run(&plan()).await;
    assert_snapshot!(cancelled.ends(), @"
    5s step_finished a aborted (the run was cancelled)
    5s step_finished db aborted in 5s (the run was cancelled)
    5s stage_finished build aborted
    5s run_finished aborted exit=130
    ");
}

/// For CI a service that has started is a success: strategies around it handle a failed start only.
#[tokio::test(start_paused = true)]
async fn strategies_around_it_act_at_its_start_only() {
    let service = || step("db").service().on_failure_around("AllErrors", FailureAction::StageRollback);
    let plan = plan([stage("build", [service(), step("a")])]);
    let missing = Runner::new(FakeBackend::new().step("db", behaves().has_no_image())).run(&plan).await;
    assert_snapshot!(missing.ends(), @"
    step_finished db failed (image `busybox` is not available: no such tag; the step is at ci.yaml:7:3; its failure strategy is `StageRollback`)
    step_finished a skipped (the stage was stopped by the failure strategy of `db`)
    stage_finished build failed
    run_finished failed exit=1
    ");
    let backend = FakeBackend::new().step("db", behaves().takes(1).exits(1)).step("a", behaves().takes(5));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @"
    5s step_finished a succeeded exit=0 in 5s
    5s step_finished db succeeded exit=1 in 5s (it ended before the stage did: exit code 1)
    5s stage_finished build succeeded
    5s run_finished succeeded exit=0
    ");
}

/// A strategy's action takes precedence over `--fail-on-service-exit`.
#[tokio::test(start_paused = true)]
async fn an_ignored_end_ends_no_stage() {
    let rules = || ServiceRules { at_exit: AtServiceExit::FailStage, ..ServiceRules::default() };
    let backend = || FakeBackend::new().step("db", behaves().takes(1).exits(1)).step("a", behaves().takes(5));
    let of = |service: crate::testing::StepBuilder| plan([stage("build", [service, step("a")])]);
    let ignored = of(step("db").service().on_failure("AllErrors", FailureAction::Ignore));
    assert_snapshot!(Runner::new(backend()).services(rules()).run(&ignored).await.ends(), @"
    5s step_finished a succeeded exit=0 in 5s
    5s step_finished db ignored exit=1 in 5s (exit code 1; its failure strategy is `Ignore`)
    5s stage_finished build ignored
    5s run_finished ignored exit=0
    ");
    let bare = of(step("db").service());
    assert_snapshot!(Runner::new(backend()).services(rules()).run(&bare).await.ends(), @"
    1s step_finished a aborted in 1s (the stage was stopped because its service `db` exited)
    1s step_finished db failed exit=1 in 1s (it ended before the stage did: exit code 1)
    1s stage_finished build failed
    1s run_finished failed exit=1
    ");
}

/// Its end is reported once, though the group is about to run again when the run is cancelled.
#[tokio::test(start_paused = true)]
async fn a_cancelled_retry_in_a_group_that_runs_again() {
    let once = |then: Option<FailureAction>| {
        let attempts = Attempts { count: 1, intervals: vec![Duration::from_secs(30)] };
        match then {
            Some(then) => FailureAction::Retry { attempts, then: Box::new(then) },
            None => FailureAction::RetryStepGroup(attempts),
        }
    };
    let service = step("db").service().on_failure("AllErrors", once(Some(FailureAction::Ignore)));
    let flaky = step("a").on_failure("AllErrors", once(None));
    let plan = plan([stage("build", [group("g", [service.node(), flaky.node()])])]);
    for (db, cancelled) in
        [(behaves().exits(1).takes(5), 10), (behaves().has_no_image(), 10), (behaves().has_no_image(), 50)]
    {
        let backend = FakeBackend::new().step("g.db", db).step("g.a", behaves().exits(1).takes(3));
        let run = Runner::new(backend).cancels_after(cancelled).run(&plan).await;
        let ends = run.ends();
        assert_eq!(ends.matches("step_finished g.db").count(), 1, "{ends}");
        assert_eq!(ends.matches("step_finished g.a").count(), 1, "{ends}");
    }
}
