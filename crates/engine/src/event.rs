//! Facts about a run, in the past tense, with their numbers inside (product.md, Event stream).

use std::time::Duration;

use cirun_diagnostics::{Code, Severity};
use cirun_plan::{Profile, StageId, StepPath};
use indexmap::IndexMap;
use jiff::Timestamp;

/// How the reason of a service begins that ended before its stage, and about which no failure strategy has decided.
pub const ENDED_EARLY: &str = "it ended before its stage";

/// A fact and its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

/// The facts. Secrets are masked before one exists.
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
        /// The profile of the first stage.
        profile: Profile,
        /// The stages and how many steps each has, in order.
        stages: Vec<(StageId, usize)>,
    },
    /// Something a person should know.
    Diagnostic {
        /// A stable code.
        code: String,
        /// How bad.
        severity: Severity,
        /// For a person; masked.
        message: String,
        /// The step it is about.
        step: Option<StepPath>,
    },
    /// An image is pulled.
    ImagePull {
        /// The image.
        image: String,
        /// How far.
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
        /// The names and ports it answers to, for people.
        addresses: Vec<String>,
    },
    /// A service accepted connections.
    ServiceReady {
        /// The service.
        step: StepPath,
        /// Since its start.
        after: Duration,
    },
    /// A service ended by itself.
    ServiceExited {
        /// The service.
        step: StepPath,
        /// Its exit code.
        exit_code: i64,
        /// What the code means, for a person.
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
    /// A step or service printed a line.
    StepOutput {
        /// The step.
        step: StepPath,
        /// The stream.
        stream: Stream,
        /// The line, without its end.
        line: MaskedLine,
    },
    /// A step ended.
    StepFinished {
        /// The step.
        step: StepPath,
        /// How.
        outcome: Outcome,
        /// The exit code of its process, if there was one.
        exit_code: Option<i64>,
        /// Why it was skipped or failed, for a person; masked.
        reason: Option<String>,
        /// How long it took.
        elapsed: Duration,
        /// Its output variables, secret ones as `***`.
        outputs: IndexMap<String, String>,
        /// Its JUnit reports.
        tests: Option<TestSummary>,
        /// The last lines it printed, for a failed step.
        tail: Vec<MaskedLine>,
    },
    /// A stage ended.
    StageFinished {
        /// The stage.
        stage: StageId,
        /// How.
        outcome: Outcome,
        /// How long it took.
        elapsed: Duration,
    },
    /// The run ended.
    RunFinished {
        /// How.
        outcome: Outcome,
        /// cirun's exit code.
        exit_code: u8,
        /// How long it took.
        elapsed: Duration,
    },
}

impl EventKind {
    /// The fact that a run has found something, with its message masked.
    pub fn found(code: Code, message: String, step: Option<StepPath>) -> Self {
        Self::Diagnostic { code: code.id.to_owned(), severity: code.severity, message, step }
    }
}

/// How a step, a stage or a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Succeeded,
    /// Not well.
    Failed,
    /// It did not run.
    Skipped,
    /// It failed, and a failure strategy ignores that.
    Ignored,
    /// It took too long.
    TimedOut,
    /// It was stopped.
    Aborted,
}

impl Outcome {
    /// The word of the event stream.
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

/// How far a pull is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageState {
    /// The engine has it already.
    Present,
    /// Begun.
    Started,
    /// Bytes so far, of all that are known.
    Progress {
        /// Bytes that have come.
        current: u64,
        /// Bytes in all, as far as known.
        total: u64,
    },
    /// Done.
    Done,
    /// It failed.
    Failed {
        /// Why.
        reason: String,
    },
}

/// The stream of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line that has gone through the masker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedLine(String);

impl MaskedLine {
    /// Wraps text that is masked already: the masker's own result, or a line of a recorded run.
    pub fn from_masked(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The JUnit reports of a step, summed up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TestSummary {
    /// Test cases.
    pub total: u32,
    /// Passed.
    pub passed: u32,
    /// Failed or broken.
    pub failed: u32,
    /// Skipped.
    pub skipped: u32,
    /// All cases' time.
    pub duration: Duration,
    /// The first failed cases: `suite › case`, and the message.
    pub failures: Vec<(String, String)>,
}
