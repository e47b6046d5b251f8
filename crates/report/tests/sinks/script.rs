//! Scripted runs: the events of an engine that runs the shop's Build stage.

use std::time::Duration;

use cirun_engine::{Event, EventKind, ImageState, MaskedLine, MaskedLines, Outcome, Stream, TestSummary};
use cirun_plan::{Profile, StageId, StepPath};
use jiff::{SignedDuration, Timestamp};

/// Collects events with their times.
pub(crate) struct Script {
    start: Timestamp,
    now_ms: i64,
    pub(crate) events: Vec<Event>,
}

impl Script {
    pub(crate) fn new() -> Self {
        let start = "2026-03-02T09:30:00.125Z".parse().expect("a literal time");
        Self { start, now_ms: 0, events: Vec::new() }
    }

    /// Advances the time by `ms`.
    pub(crate) fn wait(&mut self, ms: i64) -> &mut Self {
        self.now_ms += ms;
        self
    }

    pub(crate) fn say(&mut self, kind: EventKind) -> &mut Self {
        let at = self.start + SignedDuration::from_millis(self.now_ms);
        self.events.push(Event { at, kind });
        self
    }

    pub(crate) fn out(&mut self, step: &str, text: &str) -> &mut Self {
        self.say(EventKind::StepOutput {
            step: path(step),
            stream: Stream::Stdout,
            lines: MaskedLines::from_masked([text]),
        })
    }

    pub(crate) fn started(&mut self, step: &str, step_type: &str) -> &mut Self {
        self.say(EventKind::StepStarted { step: path(step), step_type: step_type.into(), attempt: 1 })
    }

    pub(crate) fn pull(&mut self, image: &str, state: ImageState) -> &mut Self {
        self.say(EventKind::ImagePull { image: image.into(), state })
    }

    pub(crate) fn run_started(&mut self, stages: &[(&str, usize)]) -> &mut Self {
        self.say(EventKind::RunStarted {
            run: "20260302-7f3a".into(),
            pipeline: "shop".into(),
            version: "0.1.0".into(),
            profile: Profile::Vm,
            stages: stages.iter().map(|(id, steps)| (StageId((*id).into()), *steps)).collect(),
        })
    }

    pub(crate) fn finished(
        &mut self,
        step: &str,
        outcome: Outcome,
        exit_code: Option<i64>,
        elapsed_ms: u64,
    ) -> &mut Self {
        self.say(finish(step, outcome, exit_code, elapsed_ms))
    }
}

pub(crate) fn path(ids: &str) -> StepPath {
    StepPath::new("build", ids.split('.'))
}

pub(crate) fn masked(text: &str) -> MaskedLine {
    MaskedLine::from_masked(text)
}

pub(crate) fn finish(step: &str, outcome: Outcome, exit_code: Option<i64>, elapsed_ms: u64) -> EventKind {
    EventKind::StepFinished {
        step: path(step),
        outcome,
        exit_code,
        reason: None,
        elapsed: Duration::from_millis(elapsed_ms),
        outputs: [].into(),
        tests: None,
        tail: Vec::new(),
    }
}

/// A run of the shop in which the unit tests fail after the catalog service was killed.
pub(crate) fn failing() -> Vec<Event> {
    let mut script = Script::new();
    begin(&mut script);
    services(&mut script);
    script
        .started("deps", "Run")
        .wait(300)
        .out("deps", "Collecting flask==3.0.0")
        .wait(900)
        .out("deps", "\u{1b}[32mSuccessfully installed\u{1b}[0m flask-3.0.0 redis-5.0.1")
        .wait(100)
        .say(with_outputs(finish("deps", Outcome::Succeeded, Some(0), 1_300)));
    checks(&mut script);
    end(&mut script);
    script.events
}

fn begin(script: &mut Script) {
    script
        .run_started(&[("build", 5)])
        .say(EventKind::Diagnostic {
            code: "service-not-awaited".into(),
            severity: cirun_diagnostics::Severity::Parity,
            message: "cirun waits until `redis` accepts connections; CI does not".into(),
            step: Some(path("redis")),
        })
        .say(EventKind::StageStarted { stage: StageId("build".into()) })
        .pull("python:3.12-slim", ImageState::Present)
        .pull("redis:7.2", ImageState::Started)
        .wait(400)
        .pull("redis:7.2", ImageState::Progress { current: 12_000_000, total: 42_100_000 })
        .wait(800)
        .pull("redis:7.2", ImageState::Progress { current: 42_100_000, total: 42_100_000 })
        .wait(200)
        .pull("redis:7.2", ImageState::Done);
}

fn services(script: &mut Script) {
    script
        .started("redis", "Background")
        .started("catalog", "Background")
        .say(EventKind::ServiceStarted { step: path("redis"), addresses: vec!["redis:6379".into()] })
        .say(EventKind::ServiceStarted {
            step: path("catalog"),
            addresses: vec!["catalog:8080".into(), "localhost:18080".into()],
        })
        .wait(120)
        .out("redis", "* Ready to accept connections tcp")
        .say(EventKind::ServiceReady { step: path("redis"), after: Duration::from_millis(120) })
        .wait(700)
        .out("catalog", "listening on :8080")
        .say(EventKind::ServiceReady { step: path("catalog"), after: Duration::from_millis(820) });
}

fn with_outputs(mut kind: EventKind) -> EventKind {
    if let EventKind::StepFinished { outputs, .. } = &mut kind {
        outputs.insert("VERSION".into(), "1.4.2".into());
        outputs.insert("TOKEN".into(), "***".into());
    }
    kind
}

fn checks(script: &mut Script) {
    script
        .started("checks.lint", "Run")
        .started("checks.unit", "Run")
        .wait(500)
        .out("checks.unit", "collected 12 items")
        .out("checks.lint", "All checks passed!")
        .wait(100)
        .finished("checks.lint", Outcome::Succeeded, Some(0), 600)
        .wait(1_200)
        .say(EventKind::ServiceExited {
            step: path("catalog"),
            exit_code: 137,
            reason: Some("the kernel killed it at its memory limit of 64 MiB".into()),
            tail: vec![masked("loading index"), masked("allocating 512 MB")],
        })
        .wait(400)
        .out("checks.unit", "E   requests.exceptions.ConnectionError: [Errno 111] Connection refused")
        .out("checks.unit", "FAILED tests/test_catalog.py::test_price - ConnectionError")
        .out("checks.unit", "2 failed, 9 passed, 1 skipped in 2.11s")
        .wait(100)
        .say(EventKind::StepFinished {
            step: path("checks.unit"),
            outcome: Outcome::Failed,
            exit_code: Some(1),
            reason: None,
            elapsed: Duration::from_millis(2_300),
            outputs: [].into(),
            tests: Some(TestSummary {
                total: 12,
                passed: 9,
                failed: 2,
                skipped: 1,
                duration: Duration::from_millis(2_110),
                failures: vec![
                    ("catalog › test_price".into(), "ConnectionError: <refused> & gone\nat line 3".into()),
                    ("catalog › test_stock".into(), String::new()),
                ],
            }),
            tail: vec![
                masked("FAILED tests/test_catalog.py::test_price - ConnectionError"),
                masked("[Errno 111] Connection refused"),
                masked("2 failed, 9 passed, 1 skipped in 2.11s"),
            ],
        });
}

fn end(script: &mut Script) {
    let mut skipped = finish("push", Outcome::Skipped, None, 0);
    if let EventKind::StepFinished { reason, .. } = &mut skipped {
        *reason = Some("an earlier step failed".into());
    }
    script
        .say(skipped)
        .started("notify", "Run")
        .out("notify", "sh: 1: slack-send: not found")
        .wait(200)
        .finished("notify", Outcome::Ignored, Some(127), 200)
        .finished("redis", Outcome::Succeeded, None, 4_600)
        .finished("catalog", Outcome::Succeeded, Some(137), 3_900)
        .say(EventKind::StageFinished {
            stage: StageId("build".into()),
            outcome: Outcome::Failed,
            elapsed: Duration::from_millis(6_020),
        })
        .say(EventKind::RunFinished { outcome: Outcome::Failed, exit_code: 1, elapsed: Duration::from_millis(6_040) });
}

/// Two successful stages, with a retry, a looped step in a deep group, a failed pull and a step that is stopped.
pub(crate) fn two_stages() -> Vec<Event> {
    let mut script = Script::new();
    script
        .run_started(&[("build", 1), ("scan", 2)])
        .say(EventKind::StageStarted { stage: StageId("build".into()) })
        .started("compile", "Run")
        .wait(61_000)
        .finished("compile", Outcome::Failed, Some(137), 61_000)
        .say(EventKind::StepStarted { step: path("compile"), step_type: "Run".into(), attempt: 2 })
        .wait(3_000)
        .out("compile", "10%\r 50%\r100% done")
        .finished("compile", Outcome::Succeeded, Some(0), 3_000)
        .say(EventKind::StageFinished {
            stage: StageId("build".into()),
            outcome: Outcome::Succeeded,
            elapsed: Duration::from_secs(64),
        })
        .say(EventKind::StageStarted { stage: StageId("scan".into()) })
        .pull("scanner:1", ImageState::Failed { reason: "no such manifest".into() })
        .started("database", "Background")
        .finished("database", Outcome::Failed, None, 0)
        .started("integration.backend.security.dependencies_0", "Run")
        .wait(10_000)
        .finished("integration.backend.security.dependencies_0", Outcome::TimedOut, None, 10_000)
        .started("report", "Run")
        .finished("report", Outcome::Aborted, None, 0)
        .say(EventKind::StageFinished {
            stage: StageId("scan".into()),
            outcome: Outcome::Aborted,
            elapsed: Duration::from_secs(10),
        })
        .say(EventKind::RunFinished { outcome: Outcome::Aborted, exit_code: 130, elapsed: Duration::from_secs(74) });
    script.events
}

/// One event of every type, and of every state of an image.
pub(crate) fn every_type() -> Vec<Event> {
    let mut script = Script::new();
    script
        .run_started(&[("build", 3), ("scan", 1)])
        .say(EventKind::Diagnostic {
            code: "no-clone".into(),
            severity: cirun_diagnostics::Severity::Warning,
            message: "the workspace has 3 modified files".into(),
            step: None,
        })
        .pull("redis:7.2", ImageState::Present)
        .pull("redis:7.2", ImageState::Started)
        .pull("redis:7.2", ImageState::Progress { current: 10, total: 40 })
        .pull("redis:7.2", ImageState::Done)
        .pull("redis:7.2", ImageState::Failed { reason: "no such manifest".into() })
        .say(EventKind::StageStarted { stage: StageId("build".into()) })
        .wait(1)
        .say(EventKind::ServiceStarted { step: path("redis"), addresses: vec!["redis:6379".into()] })
        .say(EventKind::ServiceReady { step: path("redis"), after: Duration::from_micros(4_250_900) })
        .say(EventKind::ServiceExited {
            step: path("redis"),
            exit_code: 137,
            reason: Some("killed".into()),
            tail: vec![masked("bye")],
        })
        .started("tests.unit", "Run")
        .say(EventKind::StepOutput {
            step: path("tests.unit"),
            stream: Stream::Stderr,
            lines: MaskedLines::from_masked(["tab\t\u{1b}[31mred\u{1b}[0m \"quoted\" é"]),
        })
        .say(with_outputs(finish("tests.unit", Outcome::TimedOut, None, 600_000)));
    script.events.extend(checks_finish());
    script
        .wait(5_000)
        .say(EventKind::StageFinished {
            stage: StageId("build".into()),
            outcome: Outcome::Failed,
            elapsed: Duration::from_secs(5),
        })
        .say(EventKind::RunFinished { outcome: Outcome::Aborted, exit_code: 130, elapsed: Duration::from_secs(5) });
    script.events
}

fn checks_finish() -> impl Iterator<Item = Event> {
    let mut script = Script::new();
    checks(&mut script);
    script
        .events
        .into_iter()
        .filter(|event| matches!(&event.kind, EventKind::StepFinished { outcome: Outcome::Failed, .. }))
}
