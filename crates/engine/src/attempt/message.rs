//! The messages from tasks to the dispatcher.

use crate::{
    Answer, BackendError, Exit, MaskedLines, OutputFiles, Readiness, ReadyStep, Stream, TestSummary, dispatch::NodeId,
};

/// A task's message.
#[derive(Debug)]
pub(crate) enum Message {
    /// An attempt begins.
    Started { node: NodeId },
    /// A step or service printed lines.
    Lines { node: NodeId, stream: Stream, lines: MaskedLines },
    /// A preparation failed; the step runs without it.
    PrepareFailed { node: NodeId, problem: String },
    /// An attempt has ended.
    Ended { node: NodeId, ended: Box<Ended> },
    /// The start of a service has succeeded or failed.
    ServiceUp { node: NodeId, start: ServiceStart },
    /// The watch over a service's start has ended.
    ServiceProbed { node: NodeId, found: Result<Readiness, BackendError> },
    /// A service ended by itself, perhaps with a known cause; all of its output has been sent.
    ServiceDown { node: NodeId, exit: Exit, cause: Option<String> },
    /// A user answered, or did not.
    Answered { node: NodeId, answer: Option<Answer> },
    /// The resources of a containerised step group are removed, except what is `left`.
    GroupEnded { node: NodeId, left: Vec<String> },
    /// The pause before a step group runs again has ended.
    GroupRested { node: NodeId },
}

/// The result of a service's start.
#[derive(Debug)]
pub(crate) enum ServiceStart {
    /// It has started.
    Up(Box<ReadyStep>),
    /// The run ended meanwhile; the removal of the stage also removes the service.
    GivenUp,
    /// The backend could not start it.
    Broken(BackendError),
}

/// The result of an attempt.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Result<Exit, BackendError>,
    /// Whether the engine stopped it for its timeout.
    pub(crate) timed_out: bool,
    pub(crate) files: OutputFiles,
    pub(crate) tests: Option<TestSummary>,
    /// Problems with its reports.
    pub(crate) notes: Vec<String>,
}
