//! What tasks tell the dispatcher.

use crate::{
    Answer, BackendError, Exit, MaskedLine, OutputFiles, Readiness, ReadyStep, Stream, TestSummary, dispatch::NodeId,
};

/// A task's message.
#[derive(Debug)]
pub(crate) enum Message {
    /// An attempt begins.
    Started { node: NodeId },
    /// A step or service printed a line.
    Line { node: NodeId, stream: Stream, line: MaskedLine },
    /// A preparation did not work out; the step runs without it.
    PrepareFailed { node: NodeId, problem: String },
    /// An attempt is over.
    Ended { node: NodeId, ended: Box<Ended> },
    /// The start of a service is over.
    ServiceUp { node: NodeId, start: ServiceStart },
    /// The watch over a service's start is over.
    ServiceProbed { node: NodeId, found: Result<Readiness, BackendError> },
    /// A service ended by itself, perhaps with a known cause; all of its output has been told.
    ServiceDown { node: NodeId, exit: Exit, cause: Option<String> },
    /// A person decided, or did not.
    Answered { node: NodeId, answer: Option<Answer> },
    /// What a containerised step group had of its own is removed, but for what is `left`.
    GroupEnded { node: NodeId, left: Vec<String> },
    /// The pause before a step group runs again is over.
    GroupRested { node: NodeId },
}

/// How the start of a service went.
#[derive(Debug)]
pub(crate) enum ServiceStart {
    /// It is started.
    Up(Box<ReadyStep>),
    /// The run ended meanwhile; the removal of the stage takes care of what there is of it.
    GivenUp,
    /// The backend could not start it.
    Broken(BackendError),
}

/// How an attempt went.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Result<Exit, BackendError>,
    /// The engine stopped it because it took too long.
    pub(crate) timed_out: bool,
    pub(crate) files: OutputFiles,
    pub(crate) tests: Option<TestSummary>,
    /// About its reports.
    pub(crate) notes: Vec<String>,
}
