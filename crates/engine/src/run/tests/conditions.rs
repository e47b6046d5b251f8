//! `when` of steps, step groups and stages.

use cirun_plan::{PlannedStage, SkipReason, StageId, StageStatus, When};
use insta::assert_snapshot;

use crate::testing::{
    FakeBackend, Runner, behaves, deferred, deferred_condition, group, group_with, looped, parallel, plan, stage,
    stage_when, step,
};

#[tokio::test(start_paused = true)]
async fn after_a_failure_the_default_skips() {
    let plan = plan([stage(
        "build",
        [
            step("a"),
            step("b"),
            step("on_failure").when(StageStatus::Failure),
            step("always").when(StageStatus::All),
            step("condition").when(StageStatus::All).if_known(false, "1 == 2"),
        ],
    )]);
    let backend = FakeBackend::new().step("a", behaves().prints("1").prints("2").prints("3").exits(2));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r#"
    step_finished a failed exit=2 (exit code 2: wrong usage, or a shell syntax error) tail=["2", "3"]
    step_finished b skipped (the stage has failed, and `when` asks for stageStatus Success)
    step_finished on_failure succeeded exit=0
    step_finished always succeeded exit=0
    step_finished condition skipped (its condition is false: `1 == 2`)
    stage_finished build failed
    run_finished failed exit=1
    "#);
}

#[tokio::test(start_paused = true)]
async fn what_starts_later_sees_a_failure_beside_it() {
    let plan = plan([stage("build", [parallel([group("g", [step("a"), step("b")]), group("h", [step("c")])])])]);
    let backend = FakeBackend::new().step("g.a", behaves().takes(5)).step("h.c", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    step_finished h.c failed exit=1 (exit code 1)
    5s step_finished g.a succeeded exit=0 in 5s
    5s step_finished g.b skipped (the stage has failed, and `when` asks for stageStatus Success)
    5s stage_finished build failed
    5s run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_skipped_group_skips_its_steps() {
    let on_failure = When { status: StageStatus::Failure, condition: None };
    let inner = group("h", [step("b").when(StageStatus::All)]);
    let plan = plan([stage("build", [group_with("g", on_failure, None, [step("a").node(), inner]), step("c").node()])]);
    assert_snapshot!(Runner::new(FakeBackend::new()).run(&plan).await.ends(), @r"
    step_finished g.a skipped (step group `g` is skipped: the stage has not failed, and `when` asks for stageStatus Failure)
    step_finished g.h.b skipped (step group `g` is skipped: the stage has not failed, and `when` asks for stageStatus Failure)
    step_finished c succeeded exit=0
    stage_finished build succeeded
    run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn inside_a_loop_a_failure_does_not_skip() {
    let instance = |index: usize| group(&format!("g_{index}"), [step("a"), step("b")]);
    let plan = plan([stage("build", [looped("g", 1, [instance(0), instance(1)]), step("after").node()])]);
    let backend = FakeBackend::new().step("g_0.a", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r"
    step_finished g_0.a failed exit=1 (exit code 1)
    step_finished g_0.b succeeded exit=0
    step_finished g_1.a succeeded exit=0
    step_finished g_1.b succeeded exit=0
    step_finished after skipped (the stage has failed, and `when` asks for stageStatus Success)
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn conditions_on_earlier_steps() {
    let plan = plan([stage(
        "build",
        [
            step("a"),
            step("yes").if_deferred(r#"<+<+steps.a.output.outputVariables.GO> == "yes">"#),
            step("no").if_deferred(r#"<+<+steps.a.output.outputVariables.GO> == "no">"#),
            step("status").if_deferred(r#"<+<+steps.no.status> == "SKIPPED" && <+OnStageSuccess>>"#),
            step("broken").if_deferred("<+9223372036854775807 * 2>"),
            step("after"),
        ],
    )]);
    let backend = FakeBackend::new().step("a", behaves().exports("GO=yes"));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @r#"
    step_finished a succeeded exit=0 outputs={"GO": "yes"}
    step_finished yes succeeded exit=0
    step_finished no skipped (its condition is false: `<+<+steps.a.output.outputVariables.GO> == "no">`)
    step_finished status succeeded exit=0
    step_finished broken failed (Error in evaluating configured when condition on step: `<+9223372036854775807 * 2>`: the number does not fit 64 bits)
    step_finished after skipped (the stage has failed, and `when` asks for stageStatus Success)
    stage_finished build failed
    run_finished failed exit=1
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_is_null_fails_early_and_late() {
    let (early, late) = (step("early").if_null("<+trigger.x>"), step("late").if_deferred("<+nope.x>"));
    let plan = plan([stage("build", [early, late.when(StageStatus::All)])]);
    assert_snapshot!(Runner::new(FakeBackend::new()).run(&plan).await.ends(), @"
    step_finished early failed (Error in evaluating configured when condition on step: `<+trigger.x>`: it evaluates to null, which is neither true nor false)
    step_finished late failed (Error in evaluating configured when condition on step: `<+nope.x>`: it evaluates to null, which is neither true nor false)
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_condition_is_broken_fails() {
    let broken = deferred_condition("<+9223372036854775807 * 2>");
    let when = When { status: StageStatus::All, condition: Some(broken) };
    let plan = plan([stage("build", [group_with("g", when, None, [step("a")]), step("b").node()])]);
    assert_snapshot!(Runner::new(FakeBackend::new()).run(&plan).await.text(), @r"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    diagnostic error condition-error: step group `g`: Error in evaluating configured when condition on step: `<+9223372036854775807 * 2>`: the number does not fit 64 bits
    step_finished g.a skipped (Error in evaluating configured when condition on step: `<+9223372036854775807 * 2>`: the number does not fit 64 bits)
    step_finished b skipped (the stage has failed, and `when` asks for stageStatus Success)
    stage_finished build failed
    run_finished failed exit=1
    ");
}

#[tokio::test(start_paused = true)]
async fn stages_see_earlier_stages() {
    let condition = |text: &str| When { status: StageStatus::All, condition: Some(deferred_condition(text)) };
    let digest = "<+pipeline.stages.build.spec.execution.steps.a.output.outputVariables.GO>";
    let plan = plan([
        stage("build", [step("a")]),
        stage_when("yes", condition(&format!("<+{digest} == \"yes\">")), [step("a").env("GO", deferred(digest))]),
        stage_when("no", condition(r#"<+<+pipeline.stages.build.status> == "FAILED">"#), [step("a")]),
    ]);
    let run = Runner::new(FakeBackend::new().step("a", behaves().exports("GO=yes"))).run(&plan).await;
    assert_snapshot!(run.ends(), @r#"
    step_finished a succeeded exit=0 outputs={"GO": "yes"}
    stage_finished build succeeded
    step_finished a succeeded exit=0 outputs={"GO": "yes"}
    stage_finished yes succeeded
    step_finished a skipped (stage `no` is skipped: its condition is false: `<+<+pipeline.stages.build.status> == "FAILED">`)
    stage_finished no skipped
    run_finished succeeded exit=0
    "#);
    assert_snapshot!(format!("{:?}", run.backend.environment("a")), @r#"Some([("GO", "yes")])"#);
}

#[tokio::test(start_paused = true)]
async fn a_failed_instance_of_a_looped_stage_skips_none_of_its_own() {
    let instance =
        |id: &str, step_id: &str| PlannedStage { looped: Some(StageId("s".to_owned())), ..stage(id, [step(step_id)]) };
    let plan = plan([instance("s_0", "a"), instance("s_1", "b"), stage("end", [step("c")])]);
    let backend = FakeBackend::new().step("a", behaves().exits(1));
    assert_snapshot!(Runner::new(backend).run(&plan).await.ends(), @"
    step_finished a failed exit=1 (exit code 1)
    stage_finished s_0 failed
    step_finished b succeeded exit=0
    stage_finished s_1 succeeded
    step_finished c skipped (stage `end` is skipped: the pipeline has failed, and `when` asks for pipelineStatus Success)
    stage_finished end skipped
    run_finished failed exit=1
    ");
}

/// To users, a stage of skipped steps has not succeeded; in expressions it has, as in CI.
#[tokio::test(start_paused = true)]
async fn a_stage_of_which_nothing_runs_is_no_success() {
    let why = || SkipReason::NotRunLocally { why: "it needs the service".to_owned() };
    let skipped = || stage("a", [step("x").skipped(why()), step("y").if_known(false, "false")]);
    let run = Runner::new(FakeBackend::new()).run(&plan([skipped()])).await;
    assert_snapshot!(run.text(), @"
    run_started shop a:2
    stage_started a
    image_pull busybox Present
    step_finished x skipped (it is not run locally: it needs the service)
    step_finished y skipped (its condition is false: `false`)
    stage_finished a skipped
    run_finished skipped exit=0
    ");
    let after = step("z").if_deferred("<+pipeline.stages.a.status> == \"SUCCEEDED\"");
    let run = Runner::new(FakeBackend::new()).run(&plan([skipped(), stage("b", [after])])).await;
    assert_snapshot!(run.text(), @"
    run_started shop a:2 b:1
    stage_started a
    image_pull busybox Present
    step_finished x skipped (it is not run locally: it needs the service)
    step_finished y skipped (its condition is false: `false`)
    stage_finished a skipped
    stage_started b
    image_pull busybox Present
    step_started z #1
    step_finished z succeeded exit=0
    stage_finished b succeeded
    run_finished succeeded exit=0
    ");
}
