//! Output variables and reports of whole runs.

use insta::assert_snapshot;

use crate::testing::{FakeBackend, Runner, behaves, deferred, plan, stage, step};

#[tokio::test(start_paused = true)]
async fn exported_and_missing() {
    let plan = plan([stage(
        "build",
        [step("all"), step("declared").output("B", false), step("exit_0").output("A", false), step("after")],
    )]);
    let backend = FakeBackend::new()
        .step("all", behaves().exports("A=1\nB=two words"))
        .step("declared", behaves().exports("A=1\nB=2"));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.ends(), @r#"
    step_finished all succeeded exit=0 outputs={"A": "1", "B": "two words"}
    step_finished declared succeeded exit=0 outputs={"B": "2"}
    step_finished exit_0 failed exit=255 (the step declares the output variable `A`, but its output file was not written (exit 255 in CI): the lines that export them come after the script, and a script that ends with `exit 0` never reaches them)
    step_finished after skipped (the stage has failed, and `when` asks for stageStatus Success)
    stage_finished build failed
    run_finished failed exit=1
    "#);
    assert_snapshot!(run.calls(), @"start build, run all #1, read_outputs all, run declared #1, read_outputs declared, run exit_0 #1, read_outputs exit_0, destroy");
}

#[tokio::test(start_paused = true)]
async fn reports_are_collected_from_failed_steps_too() {
    let plan = plan([stage(
        "build",
        [step("a").report("**/*.xml"), step("b").report("none.xml").when(cirun_plan::StageStatus::All)],
    )]);
    let good =
        r#"<testsuite name="s"><testcase name="t"/><testcase name="u"><failure message="no"/></testcase></testsuite>"#;
    let backend = FakeBackend::new().step(
        "a",
        behaves().reports("b.xml", "<testsuite>").reports("a.xml", good).reports("a.xml", good).exports("A=1").exits(1),
    );
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @r#"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started a #1
    diagnostic a warning report-unusable: `b.xml` is not a JUnit report: the file ends inside `<testsuite>`
    step_finished a failed exit=1 tests=1/2 [("s › u", "no")] (exit code 1)
    step_started b #1
    diagnostic b warning report-unusable: no file matches `none.xml` in the workspace
    step_finished b succeeded exit=0
    stage_finished build failed
    run_finished failed exit=1
    "#);
}

#[tokio::test(start_paused = true)]
async fn reports_that_cannot_be_read_change_no_outcome() {
    let plan = plan([stage("build", [step("db").service().report("db.xml"), step("a").report("a.xml"), step("b")])]);
    let backend = FakeBackend::new().step("db", behaves().hides_reports()).step("a", behaves().hides_reports());
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    step_started a #1
    diagnostic a warning report-unusable: reading the reports: the engine has gone
    step_finished a succeeded exit=0
    step_started b #1
    step_finished b succeeded exit=0
    diagnostic db warning report-unusable: reading the reports: the engine has gone
    step_finished db succeeded
    stage_finished build succeeded
    run_finished succeeded exit=0
    ");
}

#[tokio::test(start_paused = true)]
async fn later_steps_use_them() {
    let digest = "<+steps.push.artifact_push.stepArtifacts.publishedImageArtifacts[0].digest>";
    let plan = plan([stage(
        "build",
        [
            step("version"),
            step("push").plugin(),
            step("use")
                .image(deferred("shop:<+execution.steps.version.output.outputVariables.TAG>"))
                .env("DIGEST", deferred(digest))
                .env("NONE", deferred("<+steps.version.output.outputVariables.EMPTY>"))
                .env("UNKNOWN", deferred("<+steps.version.output.outputVariables.NOPE>"))
                .env("TOKEN", deferred("<+steps.version.output.outputVariables.TOKEN.toUpperCase()>")),
        ],
    )]);
    let artifact = r#"{"kind":"docker/v1","data":{"images":[{"image":"r/shop:1","digest":"sha256:ab"}]}}"#;
    let backend = FakeBackend::new()
        .step("version", behaves().exports("TAG=1.2\nEMPTY=").exports_secretly("TOKEN=t0ken"))
        .step("push", behaves().publishes(artifact))
        .step("use", behaves().prints("T0KEN of 1.2"));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r#"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started version #1
    step_finished version succeeded exit=0 outputs={"TAG": "1.2", "EMPTY": "", "TOKEN": "***"}
    step_started push #1
    step_finished push succeeded exit=0
    diagnostic use warning unresolved-expression: `steps.version.output.outputVariables.NOPE` resolved to nothing and became `null`
    step_started use #1
    step_output use | ************** of 1.2
    step_finished use succeeded exit=0
    stage_finished build succeeded
    run_finished succeeded exit=0
    "#);
    assert_snapshot!(format!("{:?}", run.backend.environment("use")), @r#"Some([("DIGEST", "sha256:ab"), ("UNKNOWN", "null"), ("TOKEN", "T0KEN")])"#);
}

#[tokio::test(start_paused = true)]
async fn trx_reports_count_as_in_ci() {
    let trx = r#"<TestRun><Results><UnitTestResult testName="a" outcome="Passed"/><UnitTestResult testName="b" outcome="Failed"/></Results></TestRun>"#;
    let cases = r#"<testsuites><testcase name="lost"/><testsuite><testcase name="c"/></testsuite></testsuites>"#;
    let plan = plan([stage("build", [step("db").service().report("db.trx"), step("a").report("out")])]);
    let backend = FakeBackend::new()
        .step("db", behaves().reports("db.trx", trx))
        .step("a", behaves().reports("out/a.trx", trx).reports("out/b.xml", cases));
    assert_snapshot!(Runner::new(backend).run(&plan).await.text(), @r#"
    run_started shop build:2
    stage_started build
    image_pull busybox Present
    step_started db #1
    service_started db db
    step_started a #1
    diagnostic a warning report-unusable: `out/b.xml`: CI does not count 1 case outside of a `<testsuite>`
    step_finished a succeeded exit=0 tests=2/3 [("b", "")]
    step_finished db succeeded tests=1/2 [("b", "")]
    stage_finished build succeeded
    run_finished succeeded exit=0
    "#);
}
