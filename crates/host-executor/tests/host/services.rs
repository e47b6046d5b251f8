//! Background steps on the host.

use cirun_engine::{Exit, ServiceExit};
use cirun_plan::StepPath;
use tokio::time::timeout;

use crate::{
    bed,
    harness::{PATIENCE, code, is_alive, sh, step},
};

#[tokio::test]
async fn a_service_runs_beside_the_steps_until_the_stage_is_removed() {
    let (_directory, bed) = bed().await;
    let (mut ends, output) = bed.service(&sh("svc", "echo $$ > pid; echo up; exec sleep 1000")).await;
    let pid = bed.pid("pid").await;
    assert_eq!(bed.run(&sh("a", "kill -0 $(cat pid) && echo seen")).await.stdout, "seen\n");

    assert_eq!(bed.destroy().await, Vec::<String>::new());
    assert!(!is_alive(pid));
    assert_eq!(timeout(PATIENCE, output).await.unwrap().unwrap().0, "up\n");
    assert_eq!(ends.recv().await, None, "the removal of the stage is not an end by itself");
}

#[tokio::test]
async fn a_service_that_ends_is_told_at_once() {
    let (_directory, bed) = bed().await;
    let (mut ends, output) = bed.service(&sh("svc", "echo oops >&2; exit 7")).await;
    let end = timeout(PATIENCE, ends.recv()).await.unwrap();
    assert_eq!(end, Some(ServiceExit { path: StepPath::new("build", ["svc"]), exit: code(7), cause: None }));
    assert_eq!(timeout(PATIENCE, output).await.unwrap().unwrap().1, "oops\n");
}

#[tokio::test]
async fn a_service_that_cannot_start_has_ended() {
    let (_directory, bed) = bed().await;
    let (mut ends, _output) = bed.service(&step("svc", &["no-such-program"], &[])).await;
    let end = timeout(PATIENCE, ends.recv()).await.unwrap().unwrap();
    assert!(matches!(end.exit, Exit::NotStarted { code: 127, .. }), "{end:?}");
}
