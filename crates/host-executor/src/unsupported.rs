//! Systems where host steps cannot run yet: Windows, which has job objects instead of process groups, and named pipes
//! instead of socket pairs. Everything compiles; a host step fails with the reason.

use std::{ffi::OsString, io, process::Command, time::Duration};

use cirun_engine::{BackendError, Exit, StepIo};
use cirun_plan::StepPath;
use tokio_util::sync::CancellationToken;

use crate::paths::HostPaths;

/// There is nothing to supervise: the exit code of an internal failure.
pub fn supervisor_main(_: impl IntoIterator<Item = impl Into<OsString>>) -> u8 {
    70
}

/// A stage without processes.
#[derive(Debug)]
pub(crate) struct HostStage {
    pub(crate) paths: HostPaths,
    pub(crate) ending: CancellationToken,
}

impl HostStage {
    pub(crate) fn new(paths: HostPaths) -> Self {
        Self { paths, ending: CancellationToken::new() }
    }

    pub(crate) fn supervisor_of(&self, _: &StepPath) -> Option<(u32, CancellationToken)> {
        None
    }

    pub(crate) async fn end_group(&self, _: &StepPath, _: Duration, _: Duration) -> Vec<String> {
        Vec::new()
    }

    pub(crate) async fn destroy(&self, _: Duration, _: Duration) -> Vec<String> {
        self.ending.cancel();
        Vec::new()
    }
}

/// What to start.
pub(crate) struct Spawn {
    pub(crate) command: Command,
    pub(crate) program: String,
    pub(crate) step: StepPath,
}

/// A process, which never exists here.
pub(crate) enum Process {}

impl Process {
    pub(crate) fn ending(&self) -> CancellationToken {
        match *self {}
    }

    pub(crate) async fn started(&mut self) -> Result<Result<(), Exit>, BackendError> {
        match *self {}
    }

    pub(crate) async fn follow(self, _: &StepIo) -> Result<Exit, BackendError> {
        match self {}
    }
}

pub(crate) fn spawn(_: &HostStage, spawn: Spawn, _: Duration) -> Result<Result<Process, Exit>, BackendError> {
    let Spawn { command, program, step } = spawn;
    drop(command);
    Err(BackendError::Io {
        what: format!("start `{program}` of the step `{step}`: give the step an image, or use Linux or macOS"),
        source: io::Error::new(io::ErrorKind::Unsupported, "steps on a Windows host are not supported"),
    })
}
