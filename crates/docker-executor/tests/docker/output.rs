//! The output of a step arrives completely and in order.

use cirun_engine::Backend;
use cirun_plan::Profile;

use super::bench::{Bench, PATIENCE, code, step, wires};

#[tokio::test]
async fn lines_come_in_order_with_the_exit_code() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let ran = bench.run(&step("count", "seq 1 2000; seq 1 3 >&2; exit 7", |_| {})).await;
    let expected: String = (1..=2000).map(|number| format!("{number}\n")).collect();
    assert_eq!(ran.exit, code(7));
    assert_eq!(ran.out(), expected);
    assert_eq!(ran.stderr, b"1\n2\n3\n");
    bench.finish().await;
}

#[tokio::test]
async fn a_megabyte_without_a_newline() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let ran = bench.run(&step("long", "head -c 1048576 /dev/zero | tr '\\0' x", |_| {})).await;
    assert_eq!(ran.exit, code(0));
    assert_eq!(ran.stdout.len(), 1_048_576);
    assert!(ran.stdout.iter().all(|byte| *byte == b'x'));
    bench.finish().await;
}

/// This is what was lost in 8 of 12 runs when logs were followed instead (house-rules.md 22).
#[tokio::test]
async fn an_unterminated_last_line_before_an_error() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    for round in 0..6 {
        let ran = bench.run(&step("last", "echo first; printf last; echo oops >&2; exit 1", |_| {})).await;
        assert_eq!((ran.exit.clone(), ran.out()), (code(1), "first\nlast".to_owned()), "round {round}");
        assert_eq!(ran.stderr, b"oops\n", "round {round}");
    }
    bench.finish().await;
}

#[tokio::test]
async fn a_step_does_not_wait_for_a_reader_that_has_gone() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let (io, reader) = wires();
    drop(reader);
    let step = step("chatty", "seq 1 100000; exit 3", |_| {});
    let exit = tokio::time::timeout(PATIENCE, bench.backend.run(&step, io)).await.unwrap().unwrap();
    assert_eq!(exit, code(3));
    bench.finish().await;
}

/// Each one waits for the others through the workspace, so a sequence would never end.
#[tokio::test]
async fn steps_run_side_by_side() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let meet = "touch at-$ME; until test $(ls at-* | wc -l) = 3; do sleep 0.05; done; echo $ME";
    let one = |id: &str| step(id, meet, |container| drop(container.env.insert("ME".into(), id.into())));
    let (a, b, c) = (one("a"), one("b"), one("c"));
    let (a, b, c) = tokio::join!(bench.run(&a), bench.run(&b), bench.run(&c));
    assert_eq!((a.out().as_str(), b.out().as_str(), c.out().as_str()), ("a\n", "b\n", "c\n"));
    bench.finish().await;
}
