//! The JSON of the event stream (product.md, Event stream; docs/events.md lists every field).
//!
//! Every field is always present, and `null` if it has no value, so that readers can rely on the shape of a type.

use std::time::Duration;

use cirun_engine::{Event, EventKind, ImageState, MaskedLine, MaskedLines, Stream, TestSummary};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// Appends the lines of an event, each with its line end.
///
/// # Errors
/// The event cannot be written as JSON.
pub(crate) fn write(event: &Event, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    match &event.kind {
        EventKind::StepOutput { lines, .. } => write_output(event, lines, out),
        _ => {
            serde_json::to_writer(&mut *out, &WireEvent::new(event))?;
            out.push(b'\n');
            Ok(())
        }
    }
}

/// Only the text of the lines differs, and it is the last field.
fn write_output(event: &Event, lines: &MaskedLines, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let event = serde_json::to_vec(&WireEvent::new(event))?;
    let before = event.strip_suffix(b"\"\"}").unwrap_or(&event);
    for line in lines.iter() {
        out.extend_from_slice(before);
        serde_json::to_writer(&mut *out, line)?;
        out.extend_from_slice(b"}\n");
    }
    Ok(())
}

/// An event as its line of JSON.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WireEvent<'a> {
    RunStarted {
        time: WireTime,
        run: &'a str,
        pipeline: &'a str,
        version: &'a str,
        profile: &'static str,
        stages: Vec<WireStage<'a>>,
    },
    Diagnostic {
        time: WireTime,
        code: &'a str,
        severity: &'static str,
        message: &'a str,
        step: Option<&'a str>,
    },
    ImagePull {
        time: WireTime,
        image: &'a str,
        state: &'static str,
        current: Option<u64>,
        total: Option<u64>,
        reason: Option<&'a str>,
    },
    StageStarted {
        time: WireTime,
        stage: &'a str,
    },
    ServiceStarted {
        time: WireTime,
        step: &'a str,
        addresses: &'a [String],
    },
    ServiceReady {
        time: WireTime,
        step: &'a str,
        after_ms: u64,
    },
    ServiceExited {
        time: WireTime,
        step: &'a str,
        exit_code: i64,
        reason: Option<&'a str>,
        tail: Vec<&'a str>,
    },
    StepStarted {
        time: WireTime,
        step: &'a str,
        step_type: &'a str,
        attempt: u32,
    },
    StepOutput {
        time: WireTime,
        step: &'a str,
        stream: &'static str,
        /// Empty: [`write_output`] puts the lines of the event in its place.
        line: &'a str,
    },
    StepFinished {
        time: WireTime,
        step: &'a str,
        outcome: &'static str,
        exit_code: Option<i64>,
        reason: Option<&'a str>,
        elapsed_ms: u64,
        outputs: WireOutputs<'a>,
        tests: Option<WireTests<'a>>,
        tail: Vec<&'a str>,
    },
    StageFinished {
        time: WireTime,
        stage: &'a str,
        outcome: &'static str,
        elapsed_ms: u64,
    },
    RunFinished {
        time: WireTime,
        outcome: &'static str,
        exit_code: u8,
        elapsed_ms: u64,
    },
}

/// A stage with the number of its steps.
#[derive(Serialize)]
pub(crate) struct WireStage<'a> {
    stage: &'a str,
    steps: usize,
}

/// The summary of a step's JUnit reports.
#[derive(Serialize)]
pub(crate) struct WireTests<'a> {
    total: u32,
    passed: u32,
    failed: u32,
    skipped: u32,
    duration_ms: u64,
    failures: Vec<WireFailure<'a>>,
}

/// A failed test case.
#[derive(Serialize)]
pub(crate) struct WireFailure<'a> {
    case: &'a str,
    message: &'a str,
}

/// A time in RFC 3339 with milliseconds.
pub(crate) struct WireTime(Timestamp);

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", self.0))
    }
}

/// Output variables, in the order the step wrote them.
pub(crate) struct WireOutputs<'a>(&'a IndexMap<String, String>);

impl Serialize for WireOutputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

impl<'a> WireEvent<'a> {
    fn new(event: &'a Event) -> Self {
        let time = WireTime(event.at);
        match &event.kind {
            EventKind::RunStarted { run, pipeline, version, profile, stages } => Self::RunStarted {
                time,
                run,
                pipeline,
                version,
                profile: profile.as_str(),
                stages: stages.iter().map(|(stage, steps)| WireStage { stage: &stage.0, steps: *steps }).collect(),
            },
            EventKind::Diagnostic { code, severity, message, step } => Self::Diagnostic {
                time,
                code,
                severity: severity.as_str(),
                message,
                step: step.as_ref().map(|path| path.full()),
            },
            EventKind::ImagePull { image, state } => image_pull(time, image, state),
            EventKind::StageStarted { stage } => Self::StageStarted { time, stage: &stage.0 },
            EventKind::ServiceStarted { step, addresses } => {
                Self::ServiceStarted { time, step: step.full(), addresses }
            }
            EventKind::ServiceReady { step, after } => {
                Self::ServiceReady { time, step: step.full(), after_ms: millis(*after) }
            }
            EventKind::ServiceExited { step, exit_code, reason, tail } => Self::ServiceExited {
                time,
                step: step.full(),
                exit_code: *exit_code,
                reason: reason.as_deref(),
                tail: lines(tail),
            },
            EventKind::StepStarted { step, step_type, attempt } => {
                Self::StepStarted { time, step: step.full(), step_type, attempt: *attempt }
            }
            EventKind::StepOutput { step, stream, lines: _ } => {
                Self::StepOutput { time, step: step.full(), stream: stream_name(*stream), line: "" }
            }
            EventKind::StepFinished { step, outcome, exit_code, reason, elapsed, outputs, tests, tail } => {
                Self::StepFinished {
                    time,
                    step: step.full(),
                    outcome: outcome.as_str(),
                    exit_code: *exit_code,
                    reason: reason.as_deref(),
                    elapsed_ms: millis(*elapsed),
                    outputs: WireOutputs(outputs),
                    tests: tests.as_ref().map(test_summary),
                    tail: lines(tail),
                }
            }
            EventKind::StageFinished { stage, outcome, elapsed } => {
                Self::StageFinished { time, stage: &stage.0, outcome: outcome.as_str(), elapsed_ms: millis(*elapsed) }
            }
            EventKind::RunFinished { outcome, exit_code, elapsed } => Self::RunFinished {
                time,
                outcome: outcome.as_str(),
                exit_code: *exit_code,
                elapsed_ms: millis(*elapsed),
            },
        }
    }
}

fn image_pull<'a>(time: WireTime, image: &'a str, state: &'a ImageState) -> WireEvent<'a> {
    let (state, current, total, reason) = match state {
        ImageState::Present => ("present", None, None, None),
        ImageState::Started => ("started", None, None, None),
        ImageState::Progress { current, total } => ("progress", Some(*current), Some(*total), None),
        ImageState::Done => ("done", None, None, None),
        ImageState::Failed { reason } => ("failed", None, None, Some(reason.as_str())),
    };
    WireEvent::ImagePull { time, image, state, current, total, reason }
}

fn test_summary(tests: &TestSummary) -> WireTests<'_> {
    WireTests {
        total: tests.total,
        passed: tests.passed,
        failed: tests.failed,
        skipped: tests.skipped,
        duration_ms: millis(tests.duration),
        failures: tests.failures.iter().map(|(case, message)| WireFailure { case, message }).collect(),
    }
}

fn stream_name(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    }
}

fn lines(tail: &[MaskedLine]) -> Vec<&str> {
    tail.iter().map(MaskedLine::as_str).collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
