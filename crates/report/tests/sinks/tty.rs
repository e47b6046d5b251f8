//! The live screen, on a terminal in memory.

use cirun_engine::{Event, EventKind, Outcome};
use cirun_report::{Colour, Refresh, Sink, TtySink};
use indicatif::InMemoryTerm;
use insta::assert_snapshot;
use jiff::Timestamp;

use crate::script;

/// Half a second after the catalog became ready.
fn now() -> Timestamp {
    "2026-03-02T09:30:04.325Z".parse().expect("a literal time")
}

/// The screen after each event, up to and including the first one that `until` matches.
fn screen(events: &[Event], until: impl Fn(&EventKind) -> bool) -> String {
    let term = InMemoryTerm::new(60, 80);
    let mut sink = TtySink::new(term.clone(), Colour::Never, Refresh::EachEvent, now).expect("no thread to start");
    let last = events.iter().position(|event| until(&event.kind)).expect("such an event");
    for event in &events[..=last] {
        sink.consume(event).expect("memory takes everything");
    }
    term.contents()
}

#[test]
fn a_pull_has_a_bar() {
    let progress = |kind: &EventKind| {
        matches!(kind, EventKind::ImagePull { state: cirun_engine::ImageState::Progress { .. }, .. })
    };
    assert_snapshot!(screen(&script::failing(), progress), @"
    redis        ≠ parity: cirun waits until `redis` accepts connections; CI does
                   not [service-not-awaited]
    ⠼ redis:7.2                    ━━━━━╸────────────── 12.0 MB of 42.1 MB
    4.2s  0 of 5 steps done
    ");
}

#[test]
fn steps_that_run_together_have_a_line_each() {
    let lint_is_done =
        |kind: &EventKind| matches!(kind, EventKind::StepOutput { step, .. } if *step == script::path("checks.lint"));
    assert_snapshot!(screen(&script::failing(), lint_is_done), @"
    redis        ≠ parity: cirun waits until `redis` accepts connections; CI does
                   not [service-not-awaited]
    cirun        ✓ pulled redis:7.2 in 1.4s, 42.1 MB
    redis        ● service started: redis:6379
    catalog      ● service started: catalog:8080, localhost:18080
    redis        ┊ * Ready to accept connections tcp
    redis        ✓ service ready after 0.1s
    catalog      ┊ listening on :8080
    catalog      ✓ service ready after 0.8s
    deps         │ Collecting flask==3.0.0
    deps         │ Successfully installed flask-3.0.0 redis-5.0.1
    deps         ✓ succeeded in 1.3s
    deps         → VERSION=1.4.2
    deps         → TOKEN=***
    checks.unit  │ collected 12 items
    checks.lint  │ All checks passed!
    ⠼ checks.lint                  Run 0.7s
    ⠸ checks.unit                  Run 0.7s
    4.2s  3 of 5 steps done  ● redis  ● catalog
    ");
}

#[test]
fn at_the_end_only_lines_are_left() {
    assert_snapshot!(screen(&script::failing(), |kind| matches!(kind, EventKind::RunFinished { .. })), @"
    redis        ≠ parity: cirun waits until `redis` accepts connections; CI does
                   not [service-not-awaited]
    cirun        ✓ pulled redis:7.2 in 1.4s, 42.1 MB
    redis        ● service started: redis:6379
    catalog      ● service started: catalog:8080, localhost:18080
    redis        ┊ * Ready to accept connections tcp
    redis        ✓ service ready after 0.1s
    catalog      ┊ listening on :8080
    catalog      ✓ service ready after 0.8s
    deps         │ Collecting flask==3.0.0
    deps         │ Successfully installed flask-3.0.0 redis-5.0.1
    deps         ✓ succeeded in 1.3s
    deps         → VERSION=1.4.2
    deps         → TOKEN=***
    checks.unit  │ collected 12 items
    checks.lint  │ All checks passed!
    checks.lint  ✓ succeeded in 0.6s
    catalog      ✗ service ended: exit code 137: the kernel killed it at its memory
                   limit of 64 MiB
    checks.unit  │ E   requests.exceptions.ConnectionError: [Errno 111] Connection r
    efused
    checks.unit  │ FAILED tests/test_catalog.py::test_price - ConnectionError
    checks.unit  │ 2 failed, 9 passed, 1 skipped in 2.11s
    checks.unit  ✗ failed in 2.3s: exit code 1; 2 of 12 tests failed
    push         - skipped: an earlier step failed
    notify       │ sh: 1: slack-send: not found
    notify       ! failed, ignored in 0.2s: exit code 127: command not found

    step         status             exit  time  tests  note
    redis        ● service ready                       after 0.1s
    catalog      ✗ service ended     137               the kernel killed it at its …
    deps         ✓ succeeded           0  1.3s
    checks.lint  ✓ succeeded           0  0.6s
    checks.unit  ✗ failed              1  2.3s   9/12
    push         - skipped                             an earlier step failed
    notify       ! failed, ignored   127  0.2s         command not found

    ✗ shop failed in 6.0s: 1 failed, 1 ignored, 2 succeeded, 1 skipped

    ✗ checks.unit failed: exit code 1
      2 of 12 tests failed:
      ✗ catalog › test_price: ConnectionError: <refused> & gone
      ✗ catalog › test_stock
      service `catalog` had ended 0.5s before: exit code 137: the kernel killed it
      at its memory limit of 64 MiB
      ┊ loading index
      ┊ allocating 512 MB
      first error:
      │ E   requests.exceptions.ConnectionError: [Errno 111] Connection refused
      last 3 lines:
      │ FAILED tests/test_catalog.py::test_price - ConnectionError
      │ [Errno 111] Connection refused
      │ 2 failed, 9 passed, 1 skipped in 2.11s
      hint: service `catalog` had already ended: raise `resources.limits.memory` of
            the step, or give the engine more memory
    ");
}

#[test]
fn a_dropped_sink_leaves_no_bars() {
    let term = InMemoryTerm::new(60, 80);
    let mut sink = TtySink::new(term.clone(), Colour::Never, Refresh::EachEvent, now).unwrap();
    let mut script = script::Script::new();
    script.run_started(&[("build", 1)]).started("a", "Run").out("a", "hello");
    for event in &script.events {
        sink.consume(event).unwrap();
    }
    let before = term.contents();
    drop(sink);
    assert_snapshot!(format!("{before}\n---\n{}", term.contents()), @"
    a            │ hello
    ⠹ a                            Run 4.2s
    4.2s  0 of 1 step done
    ---
    a            │ hello
    ");
}

#[test]
fn the_drawing_thread_shows_lines_without_further_events_and_ends() {
    let term = InMemoryTerm::new(60, 80);
    let pace = std::time::Duration::from_millis(1);
    let mut sink = TtySink::new(term.clone(), Colour::Never, Refresh::Every(pace), now).unwrap();
    let mut script = script::Script::new();
    script.run_started(&[("build", 1)]).started("a", "Run").out("a", "hello");
    for event in &script.events {
        sink.consume(event).unwrap();
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !term.contents().contains("│ hello") {
        assert!(std::time::Instant::now() < deadline, "{}", term.contents());
        std::thread::yield_now();
    }
    drop(sink);
    assert!(!term.contents().contains("0 of 1 step"), "{}", term.contents());
}

#[test]
fn a_run_that_fails_before_any_step_ends_with_its_verdict() {
    let mut script = script::Script::new();
    script.run_started(&[("build", 1)]).say(EventKind::RunFinished {
        outcome: Outcome::Failed,
        exit_code: 4,
        elapsed: std::time::Duration::from_millis(200),
    });
    assert_snapshot!(screen(&script.events, |kind| matches!(kind, EventKind::RunFinished { .. })), @"

    ✗ shop failed in 0.2s (exit code 4)
    ");
}

#[test]
fn a_paused_screen_is_left_alone() {
    let term = InMemoryTerm::new(60, 80);
    let mut sink = TtySink::new(term.clone(), Colour::Never, Refresh::EachEvent, now).expect("no thread to start");
    let events = script::failing();
    let (before, after) = events.split_at(events.len() / 2);
    before.iter().for_each(|event| sink.consume(event).expect("memory takes everything"));
    let pause = sink.pause();
    pause.begin();
    let left = term.contents();
    assert!(!left.contains("of 5 steps done"), "{left}");
    after[..2].iter().for_each(|event| sink.consume(event).expect("memory takes everything"));
    assert_eq!(term.contents(), left);
    pause.end();
    assert!(term.contents().contains("of 5 steps done"), "{}", term.contents());
}
