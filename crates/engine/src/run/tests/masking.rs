//! No secret reaches an event.

use insta::assert_snapshot;

use crate::{
    Stream,
    testing::{FakeBackend, Runner, behaves, plan_with_secrets, stage, step},
};

#[tokio::test(start_paused = true)]
async fn everywhere() {
    let plan = plan_with_secrets(
        [stage("build", [step("a").report("*.xml"), step("b").output("TOKEN", true), step("c")])],
        &["hunter2"],
    );
    let junit = r#"<testsuite name="s"><testcase name="t"><failure message="wrong hunter2"/></testcase></testsuite>"#;
    let backend = FakeBackend::new()
        .step(
            "a",
            behaves()
                .writes(0, Stream::Stdout, b"pass hun")
                .writes(1, Stream::Stdout, b"ter2!\n")
                .reports("r.xml", junit)
                .exports("P=x-hunter2"),
        )
        .step("b", behaves().prints("t0ken before it is known").exports("TOKEN=t0ken").exports_secretly("KEY=k3y"))
        .step("c", behaves().prints("t0ken k3y aHVudGVyMg==").cannot_start(126, "bad hunter2"));
    let run = Runner::new(backend).run(&plan).await;
    assert_snapshot!(run.text(), @r#"
    run_started shop build:3
    stage_started build
    image_pull busybox Present
    step_started a #1
    1s step_output a | pass **************!
    1s step_finished a succeeded exit=0 in 1s outputs={"P": "x-**************"} tests=0/1 [("s › t", "wrong **************")]
    1s step_started b #1
    1s step_output b | t0ken before it is known
    1s step_finished b succeeded exit=0 outputs={"TOKEN": "***", "KEY": "***"}
    1s step_started c #1
    1s step_output c | ************** ************** **************
    1s step_finished c failed exit=126 (it could not be started: bad ************** (ci.yaml:7:3)) tail=["************** ************** **************"]
    1s stage_finished build failed
    1s run_finished failed exit=1
    "#);
}

/// A secret may be part of an image's name, and a backend does not mask it.
#[tokio::test(start_paused = true)]
async fn in_what_the_backend_reports() {
    let plan = plan_with_secrets([stage("build", [step("a")])], &["busybox"]);
    let run = Runner::new(FakeBackend::new().stage_start(behaves().has_no_image())).run(&plan).await;
    assert_snapshot!(run.text(), @"
    run_started shop build:1
    stage_started build
    image_pull ************** Present
    diagnostic error backend-error: image `**************` is not available: no such tag
    step_finished a aborted (the run could not continue)
    stage_finished build failed
    run_finished failed exit=4
    ");
    assert_snapshot!(run.result.error_text.unwrap_or_default(), @"image `**************` is not available: no such tag");
}
