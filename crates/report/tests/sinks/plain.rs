//! Plain lines and quiet ones.

use std::time::Duration;

use cirun_engine::{EventKind, Outcome};
use cirun_report::{Colour, Look, PlainSink, QuietSink, Sink};
use insta::assert_snapshot;

use crate::{
    Closed,
    script::{self, Script, finish, path},
    written,
};

fn plain(colour: Colour) -> String {
    written(&script::failing(), |out| Box::new(PlainSink::new(out, Look { colour, width: 80 })))
}

#[test]
fn a_failing_run() {
    assert_snapshot!(plain(Colour::Never), @"
    redis        ≠ parity: cirun waits until `redis` accepts connections; CI does not [service-not-awaited]
    cirun        ↓ pulling redis:7.2
    cirun        ✓ pulled redis:7.2 in 1.4s, 42.1 MB
    redis        ● service started: redis:6379
    catalog      ● service started: catalog:8080, localhost:18080
    redis        ┊ * Ready to accept connections tcp
    redis        ✓ service ready after 0.1s
    catalog      ┊ listening on :8080
    catalog      ✓ service ready after 0.8s
    deps         ▶ Run started at +2.2s
    deps         │ Collecting flask==3.0.0
    deps         │ Successfully installed flask-3.0.0 redis-5.0.1
    deps         ✓ succeeded in 1.3s
    deps         → VERSION=1.4.2
    deps         → TOKEN=***
    checks.lint  ▶ Run started at +3.5s
    checks.unit  ▶ Run started at +3.5s
    checks.unit  │ collected 12 items
    checks.lint  │ All checks passed!
    checks.lint  ✓ succeeded in 0.6s
    catalog      ✗ service ended: exit code 137: the kernel killed it at its memory limit of 64 MiB
    checks.unit  │ E   requests.exceptions.ConnectionError: [Errno 111] Connection refused
    checks.unit  │ FAILED tests/test_catalog.py::test_price - ConnectionError
    checks.unit  │ 2 failed, 9 passed, 1 skipped in 2.11s
    checks.unit  ✗ failed in 2.3s: exit code 1; 2 of 12 tests failed
    push         - skipped: an earlier step failed
    notify       ▶ Run started at +5.8s
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
fn a_failing_run_in_colour() {
    assert_snapshot!(plain(Colour::Always).replace('\u{1b}', "^"), @"
    ^[1mredis^[0m        ^[33m≠^[0m ^[33mparity:^[0m cirun waits until `redis` accepts connections; CI does not [service-not-awaited]
    ^[1mcirun^[0m        ^[36m↓^[0m pulling redis:7.2
    ^[1mcirun^[0m        ^[32m✓^[0m pulled redis:7.2 in 1.4s, 42.1 MB
    ^[2;36mredis^[0m        ^[36m●^[0m service started: redis:6379
    ^[2;35mcatalog^[0m      ^[36m●^[0m service started: catalog:8080, localhost:18080
    ^[2;36mredis^[0m        ^[2m┊^[0m * Ready to accept connections tcp
    ^[2;36mredis^[0m        ^[32m✓^[0m service ready after 0.1s
    ^[2;35mcatalog^[0m      ^[2m┊^[0m listening on :8080
    ^[2;35mcatalog^[0m      ^[32m✓^[0m service ready after 0.8s
    ^[34mdeps^[0m         ^[36m▶^[0m Run started at +2.2s
    ^[34mdeps^[0m         ^[2m│^[0m Collecting flask==3.0.0
    ^[34mdeps^[0m         ^[2m│^[0m ^[32mSuccessfully installed^[0m flask-3.0.0 redis-5.0.1^[0m
    ^[34mdeps^[0m         ^[32m✓^[0m succeeded in 1.3s
    ^[34mdeps^[0m         ^[36m→^[0m VERSION=1.4.2
    ^[34mdeps^[0m         ^[36m→^[0m TOKEN=***
    ^[96mchecks.lint^[0m  ^[36m▶^[0m Run started at +3.5s
    ^[95mchecks.unit^[0m  ^[36m▶^[0m Run started at +3.5s
    ^[95mchecks.unit^[0m  ^[2m│^[0m collected 12 items
    ^[96mchecks.lint^[0m  ^[2m│^[0m All checks passed!
    ^[96mchecks.lint^[0m  ^[32m✓^[0m succeeded in 0.6s
    ^[2;35mcatalog^[0m      ^[1;31m✗^[0m service ended: exit code 137: the kernel killed it at its memory limit of 64 MiB
    ^[95mchecks.unit^[0m  ^[2m│^[0m E   requests.exceptions.ConnectionError: [Errno 111] Connection refused
    ^[95mchecks.unit^[0m  ^[2m│^[0m FAILED tests/test_catalog.py::test_price - ConnectionError
    ^[95mchecks.unit^[0m  ^[2m│^[0m 2 failed, 9 passed, 1 skipped in 2.11s
    ^[95mchecks.unit^[0m  ^[1;31m✗^[0m failed in 2.3s: exit code 1; 2 of 12 tests failed
    ^[94mpush^[0m         ^[2m-^[0m skipped: an earlier step failed
    ^[36mnotify^[0m       ^[36m▶^[0m Run started at +5.8s
    ^[36mnotify^[0m       ^[2m│^[0m sh: 1: slack-send: not found
    ^[36mnotify^[0m       ^[33m!^[0m failed, ignored in 0.2s: exit code 127: command not found

    ^[2mstep^[0m         ^[2mstatus^[0m             ^[2mexit^[0m  ^[2mtime^[0m  ^[2mtests^[0m  ^[2mnote^[0m
    redis        ^[36m● service ready^[0m                       after 0.1s
    catalog      ^[1;31m✗ service ended^[0m     137               the kernel killed it at its …
    deps         ^[32m✓ succeeded^[0m           0  1.3s
    checks.lint  ^[32m✓ succeeded^[0m           0  0.6s
    checks.unit  ^[1;31m✗ failed^[0m              1  2.3s   9/12
    push         ^[2m- skipped^[0m                             an earlier step failed
    notify       ^[33m! failed, ignored^[0m   127  0.2s         command not found

    ^[1;31m✗ shop failed in 6.0s^[0m: 1 failed, 1 ignored, 2 succeeded, 1 skipped

    ^[1;31m✗ checks.unit failed: exit code 1^[0m
      2 of 12 tests failed:
      ^[1;31m✗^[0m catalog › test_price: ConnectionError: <refused> & gone
      ^[1;31m✗^[0m catalog › test_stock
      service `catalog` had ended 0.5s before: exit code 137: the kernel killed it
      at its memory limit of 64 MiB
      ^[2m┊^[0m loading index
      ^[2m┊^[0m allocating 512 MB
      first error:
      ^[2m│^[0m E   requests.exceptions.ConnectionError: [Errno 111] Connection refused
      last 3 lines:
      ^[2m│^[0m FAILED tests/test_catalog.py::test_price - ConnectionError
      ^[2m│^[0m [Errno 111] Connection refused
      ^[2m│^[0m 2 failed, 9 passed, 1 skipped in 2.11s
      ^[36mhint:^[0m service `catalog` had already ended: raise `resources.limits.memory` of
            the step, or give the engine more memory
    ");
}

#[test]
fn colours_change_no_text() {
    assert_eq!(console::strip_ansi_codes(&plain(Colour::Always)), plain(Colour::Never));
}

#[test]
fn two_stages() {
    let look = Look { colour: Colour::Never, width: 80 };
    assert_snapshot!(written(&script::two_stages(), |out| Box::new(PlainSink::new(out, look))), @"
    cirun        ▶ stage build
    compile      ▶ Run started at +0.0s
    compile      ✗ failed in 1m01s: exit code 137: killed (SIGKILL), often because memory ran out
    compile      ▶ Run started at +1m01s, attempt 2
    compile      │ 100% done
    compile      ✓ succeeded in 3.0s
    cirun        ✓ stage build succeeded in 1m04s
    cirun        ▶ stage scan
    cirun        ✗ cannot pull scanner:1: no such manifest
    database     ✗ failed in 0.0s
    …security.dependencies_0 ▶ Run started at +1m04s
    …security.dependencies_0 ✗ timed out after 10.0s
    report                   ▶ Run started at +1m14s
    report                   ■ aborted after 0.0s
    cirun                    ■ stage scan aborted in 10.0s

    stage  step                                  status       exit   time  note
    build  compile                               ✓ succeeded     0   3.0s  attempt 2
    scan   database                              ✗ failed            0.0s
    scan   …ion.backend.security.dependencies_0  ✗ timed out        10.0s
    scan   report                                ■ aborted           0.0s

    ■ shop aborted in 1m14s: 1 failed, 1 timed out, 1 aborted, 1 succeeded (exit code 130)

    ✗ database failed after 0.0s

    ✗ integration.backend.security.dependencies_0 timed out after 10.0s
    ");
}

/// A service that has ended is shown as such, unless its failure strategy has decided what that means.
#[test]
fn services_that_have_ended() {
    let mut script = Script::new();
    script.run_started(&[("build", 2)]);
    for (service, reason) in [
        ("db", "exit code 3; its failure strategy is `MarkAsSuccess`"),
        ("cache", "it ended before the stage did: exit code 3"),
    ] {
        script.started(service, "Background").say(EventKind::ServiceStarted { step: path(service), addresses: vec![] });
        script.say(EventKind::ServiceExited { step: path(service), exit_code: 3, reason: None, tail: vec![] });
        let mut end = finish(service, Outcome::Succeeded, Some(3), 2_000);
        if let EventKind::StepFinished { reason: why, .. } = &mut end {
            *why = Some(reason.into());
        }
        script.say(end);
    }
    script.say(EventKind::RunFinished { outcome: Outcome::Succeeded, exit_code: 0, elapsed: Duration::from_secs(2) });
    let look = Look { colour: Colour::Never, width: 80 };
    assert_snapshot!(written(&script.events, |out| Box::new(PlainSink::new(out, look))), @"
    db           ● service started
    db           ✗ service ended: exit code 3
    db           ✓ succeeded in 2.0s: exit code 3; its failure strategy is `MarkAsSuccess`
    cache        ● service started
    cache        ✗ service ended: exit code 3

    step   status           exit  time  note
    db     ✓ succeeded         3  2.0s  exit code 3; its failure strategy is `MarkA…
    cache  ✗ service ended     3

    ✓ shop succeeded in 2.0s: 1 succeeded
    ");
}

#[test]
fn quiet_prints_failures_and_the_end() {
    let look = Look { colour: Colour::Never, width: 80 };
    assert_snapshot!(written(&script::failing(), |out| Box::new(QuietSink::new(out, look))), @"
    catalog      ✗ service ended: exit code 137: the kernel killed it at its memory limit of 64 MiB
    checks.unit  ✗ failed in 2.3s: exit code 1; 2 of 12 tests failed

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
fn a_closed_pipe_is_an_error() {
    let look = Look { colour: Colour::Never, width: 80 };
    let mut sink = PlainSink::new(Closed, look);
    let error = script::failing().iter().find_map(|event| sink.consume(event).err()).unwrap();
    assert_eq!(error.to_string(), "cannot write the progress output");
}
