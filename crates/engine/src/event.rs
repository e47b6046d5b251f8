//! Events of a run: past-tense facts with all their numbers (product.md, Event stream).

use std::time::Duration;

use cirun_diagnostics::{Code, Severity};
use cirun_plan::{Profile, StageId, StepPath};
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::{MaskedLine, MaskedLines};

/// The beginning of the reason of a service that ended before its stage, if no failure strategy has decided its outcome.
pub const ENDED_EARLY: &str = "it ended before the stage did";

/// An event and its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The time.
    pub at: Timestamp,
    /// The fact.
    pub kind: EventKind,
}

/// The kinds of events. Secrets are masked before an event exists.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// The run began.
    RunStarted {
        /// The run's id.
        run: String,
        /// The pipeline's identifier.
        pipeline: String,
        /// cirun's version.
        version: String,
        /// The infrastructure profile of the first stage.
        profile: Profile,
        /// The stages in order, with the number of steps in each.
        stages: Vec<(StageId, usize)>,
    },
    /// Something that a user should know.
    Diagnostic {
        /// A stable code.
        code: String,
        /// How bad.
        severity: Severity,
        /// The message; masked.
        message: String,
        /// The step it is about.
        step: Option<StepPath>,
    },
    /// An image is pulled.
    ImagePull {
        /// The image.
        image: String,
        /// The progress.
        state: ImageState,
    },
    /// A stage began.
    StageStarted {
        /// The stage.
        stage: StageId,
    },
    /// A service's container or process started.
    ServiceStarted {
        /// The service.
        step: StepPath,
        /// The names and ports it answers to, as text to print.
        addresses: Vec<String>,
    },
    /// A service accepted connections.
    ServiceReady {
        /// The service.
        step: StepPath,
        /// The time since its start.
        after: Duration,
    },
    /// A service ended by itself.
    ServiceExited {
        /// The service.
        step: StepPath,
        /// Its exit code.
        exit_code: i64,
        /// The meaning of the code, as text to print.
        reason: Option<String>,
        /// Its last lines.
        tail: Vec<MaskedLine>,
    },
    /// A step began.
    StepStarted {
        /// The step.
        step: StepPath,
        /// Its Harness type.
        step_type: String,
        /// From 1.
        attempt: u32,
    },
    /// A step or service printed lines.
    StepOutput {
        /// The step.
        step: StepPath,
        /// The stream.
        stream: Stream,
        /// The lines; those that come at once are in one event.
        lines: MaskedLines,
    },
    /// A step ended.
    StepFinished {
        /// The step.
        step: StepPath,
        /// The outcome.
        outcome: Outcome,
        /// The exit code of its process, if it had one.
        exit_code: Option<i64>,
        /// Why it was skipped or failed; masked.
        reason: Option<String>,
        /// The duration.
        elapsed: Duration,
        /// Its output variables, secret ones as `***`.
        outputs: IndexMap<String, String>,
        /// Its JUnit reports.
        tests: Option<TestSummary>,
        /// The last lines of a failed step.
        tail: Vec<MaskedLine>,
    },
    /// A stage ended.
    StageFinished {
        /// The stage.
        stage: StageId,
        /// The outcome.
        outcome: Outcome,
        /// The duration.
        elapsed: Duration,
    },
    /// The run ended.
    RunFinished {
        /// The outcome.
        outcome: Outcome,
        /// cirun's exit code.
        exit_code: u8,
        /// The duration.
        elapsed: Duration,
    },
}

impl EventKind {
    /// The fact that a run has found something, with its message masked.
    pub fn found(code: Code, message: String, step: Option<StepPath>) -> Self {
        Self::Diagnostic { code: code.id.to_owned(), severity: code.severity, message, step }
    }
}

/// The outcome of a step, a stage or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
    /// It did not run.
    Skipped,
    /// It failed, and a failure strategy ignored that.
    Ignored,
    /// It reached its timeout.
    TimedOut,
    /// It was stopped.
    Aborted,
}

impl Outcome {
    /// The name in the event stream.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Ignored => "ignored",
            Self::TimedOut => "timed_out",
            Self::Aborted => "aborted",
        }
    }
}

/// The progress of a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageState {
    /// The engine already has the image.
    Present,
    /// The pull has begun.
    Started,
    /// Bytes are arriving.
    Progress {
        /// Bytes received so far.
        current: u64,
        /// Total bytes, as far as known.
        total: u64,
    },
    /// The pull is complete.
    Done,
    /// The pull failed.
    Failed {
        /// The reason.
        reason: String,
    },
}

/// The stream of a step's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A summary of a step's JUnit reports.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TestSummary {
    /// Test cases.
    pub total: u32,
    /// Passed.
    pub passed: u32,
    /// Failed cases and errors.
    pub failed: u32,
    /// Skipped.
    pub skipped: u32,
    /// The total time of all cases.
    pub duration: Duration,
    /// The first failed cases: `suite › case`, and the message.
    pub failures: Vec<(String, String)>,
}
