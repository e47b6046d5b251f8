//! The interface between the engine and a backend.

mod any;

use std::{future::Future, time::Duration};

pub use any::AnyBackend;
use bytes::Bytes;
use cirun_diagnostics::{Failure, FailureKind};
use cirun_plan::{PlannedStage, PlannedStep, StepPath};
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{EventKind, ReadyStep, Stream};

/// Runs steps in containers, as processes, or in memory for tests.
///
/// Each step has two phases: *prepare* may happen early, while the stage starts or other steps run; *run* happens when
/// its turn has come and its environment is final. The order of calls is `start_stage`, (`run`, `start_service`,
/// `end_group`)*, `destroy_stage`. A step's `prepare` is called after `start_stage` and before its own `run`.
/// `destroy_stage` is also called after a `start_stage` that failed or never finished, and it may be called twice.
pub trait Backend: Send + Sync + 'static {
    /// Creates what the steps of the stage share (network, volumes, pod) and pulls their images. `progress` receives
    /// events to report meanwhile ([`EventKind::ImagePull`]). No step runs yet.
    fn start_stage(
        &self,
        stage: &PlannedStage,
        progress: mpsc::Sender<EventKind>,
    ) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Prepares as much of `step` as possible before its turn, once its stage has come far enough. This is a hint: `run`
    /// works without it.
    fn prepare(&self, step: &PlannedStep) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Removes what `prepare` made for a step whose turn will not come: it is skipped, or the stage ends.
    fn discard(&self, step: &StepPath) -> impl Future<Output = ()> + Send;

    /// Runs a foreground step to its end. All output has been sent to `io.output` when this returns. `io.stop` asks the
    /// step to end (SIGTERM, grace period), `io.kill` kills it; both then return [`Exit::Stopped`].
    fn run(&self, step: &ReadyStep, io: StepIo) -> impl Future<Output = Result<Exit, BackendError>> + Send;

    /// Starts a service and returns once it has started; output goes to `io.output` until it ends. If it ends, other
    /// than by `destroy_stage`, its exit is sent to `ended`.
    fn start_service(
        &self,
        step: &ReadyStep,
        io: StepIo,
        ended: mpsc::Sender<ServiceExit>,
    ) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Watches a service that `start_service` has started until it accepts connections, at most for `within`. The
    /// service must not be able to notice.
    fn await_ready(
        &self,
        step: &ReadyStep,
        within: Duration,
    ) -> impl Future<Output = Result<Readiness, BackendError>> + Send;

    /// Reads the output variable files of a finished step, and removes the file of secrets; a file that does not exist
    /// is `None`.
    fn read_outputs(&self, step: &ReadyStep) -> impl Future<Output = Result<OutputFiles, BackendError>> + Send;

    /// Finds the report files of a finished step, or of a running service, by the globs of [`ReadyStep::reports`].
    fn collect_reports(&self, step: &ReadyStep) -> impl Future<Output = Result<Reports, BackendError>> + Send;

    /// How to open a shell in the state that a failed step has left: its files, environment, user and network.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if there is no such state.
    fn shell(&self, step: &ReadyStep) -> Result<Shell, BackendError> {
        let what = format!("open a shell in `{}`", step.path);
        Err(BackendError::Engine { what, reason: "its backend has no shells".to_owned() })
    }

    /// A finding about how the stage's steps ran, as text to print; each is returned once.
    fn take_finding(&self) -> Option<String> {
        None
    }

    /// Ends the services and the pod or network of a containerised step group; idempotent. All its foreground steps
    /// have ended. Returns what could not be removed, as text to print.
    fn end_group(
        &self,
        group: &StepPath,
        deadline: Duration,
    ) -> impl Future<Output = Result<Vec<String>, BackendError>> + Send;

    /// Removes everything of the stage within `deadline`; idempotent. Returns what could not be removed, as text to
    /// print.
    fn destroy_stage(&self, deadline: Duration) -> impl Future<Output = Result<Vec<String>, BackendError>> + Send;
}

/// A shell in the state of a failed step.
pub enum Shell {
    /// A program that uses the terminal itself.
    Program(std::process::Command),
    /// A session elsewhere, over channels; the future ends with it.
    Session(Box<dyn FnOnce(ShellTerminal) -> BoxFuture<'static, Result<(), BackendError>> + Send>),
}

/// A user's terminal.
#[derive(Debug)]
pub struct ShellTerminal {
    /// The input; closed when the user has gone.
    pub input: mpsc::Receiver<Bytes>,
    /// The output.
    pub output: mpsc::Sender<Bytes>,
    /// Its rows and columns.
    pub size: watch::Receiver<(u16, u16)>,
}

/// The channels of a running step.
#[derive(Debug, Clone)]
pub struct StepIo {
    /// Receives its output, in order, in chunks of any size.
    pub output: mpsc::Sender<OutputChunk>,
    /// Fires when the step should end (timeout, cancellation).
    pub stop: CancellationToken,
    /// Fires when the step should be killed.
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
        /// The exit code.
        code: i64,
        /// Whether the kernel killed it for its memory limit.
        oom_killed: bool,
    },
    /// Because `stop` or `kill` fired.
    Stopped,
    /// It never started: no such program, no permission, wrong architecture.
    NotStarted {
        /// The exit code that a shell would return (126, 127).
        code: i64,
        /// The reason, as text to print.
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
    /// The cause, if the backend knows it, as text to print.
    pub cause: Option<String>,
}

/// The result of watching a service's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It accepts connections.
    Ready,
    /// Unknown: it has no health check, and no port is known.
    Unknown,
    /// It ended.
    Ended,
    /// It did not become ready within the limit.
    NotInTime {
        /// The condition that was not met, as text to print.
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
    /// Why a file was not read: it is not a file that the step itself wrote. The step fails.
    pub refused: Option<String>,
}

/// The reports of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    /// The files that were read.
    pub files: Vec<ReportFile>,
    /// Why other files were not read, as text to print.
    pub left_out: Vec<String>,
    /// The paths that no file matches.
    pub missed: Vec<MissedReport>,
}

/// A report path that no file matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedReport {
    /// The path, as written.
    pub path: String,
    /// The place of the search, as text to print: `in the workspace`.
    pub place: String,
}

/// A report file of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Its path, as text to print.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// The backend could not find out how a step ended.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// No engine responds (exit code 4).
    #[error("no container engine: {reason}")]
    Unreachable {
        /// The addresses that were tried.
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
    /// The engine refused a request or failed (exit code 4).
    #[error("{what}: {reason}")]
    Engine {
        /// The request, as text to print.
        what: String,
        /// The response.
        reason: String,
    },
    /// An operation on the machine's own files or processes failed (exit code 4).
    #[error("{what}")]
    Io {
        /// The operation.
        what: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

/// What a person is shown, and the kind that decides the exit code.
impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        let (kind, remedy) = (error.kind(), error.remedy());
        let failure = Self::caused(kind, error);
        match remedy {
            Some(remedy) => failure.help(remedy),
            None => failure,
        }
    }
}

impl BackendError {
    /// What the exit code depends on.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Image { .. } => FailureKind::Image,
            Self::Unreachable { .. } | Self::Engine { .. } | Self::Io { .. } => FailureKind::Engine,
        }
    }

    fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable { remedy, .. } => *remedy,
            Self::Image { .. } | Self::Engine { .. } | Self::Io { .. } => None,
        }
    }

    /// The error with its causes, on one line.
    pub(crate) fn in_full(&self) -> String {
        match self {
            Self::Io { what, source } => format!("{what}: {source}"),
            Self::Unreachable { .. } | Self::Image { .. } | Self::Engine { .. } => self.to_string(),
        }
    }
}
