//! What the engine asks of a backend.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use cirun_plan::{PlannedStage, PlannedStep, StepPath};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{EventKind, ReadyStep, Stream};

/// Runs steps: in containers, as processes, or in a test's memory.
///
/// Two phases for each step: *prepare* may happen early, while other steps run; *run* happens when its turn has come and
/// its environment is final. Calls come in the order `start_stage`, `prepare`*, (`run` | `start_service` | `end_group`)*, `destroy_stage`;
/// `destroy_stage` also comes when `start_stage` failed or never finished, and may come twice.
pub trait Backend: Send + Sync + 'static {
    /// Creates what the steps of the stage share (network, volumes, pod) and gets their images. `progress` takes facts to
    /// report meanwhile ([`EventKind::ImagePull`]). Nothing of a step runs yet.
    fn start_stage(
        &self,
        stage: &PlannedStage,
        progress: mpsc::Sender<EventKind>,
    ) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Gets ready whatever of `step` can be before its turn. It is a hint: `run` copes without it.
    fn prepare(&self, step: &PlannedStep) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Runs a foreground step to its end. All output has been sent to `io.output` when this returns. When `io.stop` fires
    /// the step is asked to end (SIGTERM, grace), when `io.kill` fires it is killed; both then return [`Exit::Stopped`].
    fn run(&self, step: &ReadyStep, io: StepIo) -> impl Future<Output = Result<Exit, BackendError>> + Send;

    /// Starts a service and returns once it is started; later output goes to `io.output` until it ends. Its end, other
    /// than by `destroy_stage`, is sent to `ended`.
    fn start_service(
        &self,
        step: &ReadyStep,
        io: StepIo,
        ended: mpsc::Sender<ServiceExit>,
    ) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Watches a service that `start_service` has started until it accepts connections, at most for `within`. The service
    /// must not be able to tell.
    fn await_ready(
        &self,
        step: &ReadyStep,
        within: Duration,
    ) -> impl Future<Output = Result<Readiness, BackendError>> + Send;

    /// Reads the files that a finished step wrote its output variables to, and removes the one of secrets; a file that does
    /// not exist is `None`.
    fn read_outputs(&self, step: &ReadyStep) -> impl Future<Output = Result<OutputFiles, BackendError>> + Send;

    /// Finds the report files of a finished step, or of a service that still runs, by the globs of [`ReadyStep::reports`].
    fn collect_reports(&self, step: &ReadyStep) -> impl Future<Output = Result<Reports, BackendError>> + Send;

    /// Ends what a containerised step group has of its own (its services, its pod or network); idempotent. All its
    /// foreground steps have ended. Returns what could not be removed, as text for a person.
    fn end_group(
        &self,
        group: &StepPath,
        deadline: Duration,
    ) -> impl Future<Output = Result<Vec<String>, BackendError>> + Send;

    /// Removes everything of the stage within `deadline`; idempotent. Returns what could not be removed, as text for a person.
    fn destroy_stage(&self, deadline: Duration) -> impl Future<Output = Result<Vec<String>, BackendError>> + Send;
}

/// A running step's wires.
#[derive(Debug, Clone)]
pub struct StepIo {
    /// Where its output goes, in order, in chunks of any size.
    pub output: mpsc::Sender<OutputChunk>,
    /// Fires when the step is to end (time-out, cancellation).
    pub stop: CancellationToken,
    /// Fires when the step is to be killed.
    pub kill: CancellationToken,
}

/// Bytes that a step printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputChunk {
    /// The stream.
    pub stream: Stream,
    /// The bytes; not cut at line ends.
    pub bytes: Bytes,
}

/// How a foreground step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// By itself.
    Code {
        /// Its exit code.
        code: i64,
        /// The kernel killed it for its memory limit.
        oom_killed: bool,
    },
    /// Because `stop` or `kill` fired.
    Stopped,
    /// It never started: no such program, no permission, wrong architecture.
    NotStarted {
        /// The exit code that a shell would give (126, 127).
        code: i64,
        /// Why, for a person.
        reason: String,
    },
}

/// A service ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceExit {
    /// The service.
    pub path: StepPath,
    /// How.
    pub exit: Exit,
    /// What the backend knows of the cause, for a person.
    pub cause: Option<String>,
}

/// What the watch over a service's start came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It accepts connections.
    Ready,
    /// Nothing tells when it does: no health check, and no port is known.
    Unknown,
    /// It ended.
    Ended,
    /// It did not within the limit.
    NotInTime {
        /// What was waited for, for a person.
        missing: String,
    },
}

/// The raw files of a step's output variables (environment.files).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputFiles {
    /// `$DRONE_OUTPUT`, the same file as `$HARNESS_OUTPUT_FILE`.
    pub outputs: Option<Vec<u8>>,
    /// `$HARNESS_OUTPUT_SECRET_FILE`.
    pub secrets: Option<Vec<u8>>,
    /// `$PLUGIN_ARTIFACT_FILE`.
    pub artifact: Option<Vec<u8>>,
    /// Why one of them was not read: it is no file of the step's own. The step fails.
    pub refused: Option<String>,
}

/// The reports that a step has left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    /// Those that were read.
    pub files: Vec<ReportFile>,
    /// Why others were not, for a person.
    pub left_out: Vec<String>,
    /// The paths that no file matches.
    pub missed: Vec<MissedReport>,
}

/// A report path that no file matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedReport {
    /// The path, as written.
    pub path: String,
    /// Where was looked, for a person: `in the workspace`.
    pub place: String,
}

/// A report file of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Its path, for people.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// The backend could not tell how a step went.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// No engine answers (exit code 4).
    #[error("no container engine: {reason}")]
    Unreachable {
        /// What was tried.
        reason: String,
        /// What to do.
        remedy: Option<&'static str>,
    },
    /// An image is not available (exit code 5).
    #[error("image `{image}` is not available: {reason}")]
    Image {
        /// The image.
        image: String,
        /// Why.
        reason: String,
    },
    /// The engine refused or broke (exit code 4).
    #[error("{what}: {reason}")]
    Engine {
        /// What was asked of it, for a person.
        what: String,
        /// What it answered.
        reason: String,
    },
    /// The machine's own files or processes (exit code 4).
    #[error("{what}")]
    Io {
        /// What was being done.
        what: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

impl BackendError {
    /// The error with its cause, in a line.
    pub(crate) fn in_full(&self) -> String {
        match self {
            Self::Io { what, source } => format!("{what}: {source}"),
            Self::Unreachable { .. } | Self::Image { .. } | Self::Engine { .. } => self.to_string(),
        }
    }
}
