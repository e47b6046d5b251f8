//! Why a command did not do its work, sorted by who can mend it.

use std::fmt;

use cirun_engine::{BackendError, RunError, with_causes};

use crate::exit::ExitCode;

/// A command's failure: what to print, and the exit code. Diagnostics with places have been printed before.
#[derive(Debug)]
pub(crate) struct CliError {
    code: ExitCode,
    message: String,
    help: Option<String>,
}

impl CliError {
    /// The call's words are wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// What was given to cirun is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ExitCode::InvalidInput, message)
    }

    /// AWS, real or emulated.
    pub(crate) fn aws(error: &dyn std::error::Error) -> Self {
        Self::new(ExitCode::Aws, with_causes(error))
    }

    /// AWS, in words of our own.
    pub(crate) fn aws_text(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Aws, message)
    }

    /// The machine's files.
    pub(crate) fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::new(ExitCode::Engine, format!("{what}: {error}"))
    }

    /// Any failure with its code.
    pub(crate) fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }

    /// Adds the next action.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What is wrong, without what to do about it.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The exit code.
    pub(crate) fn code(&self) -> ExitCode {
        self.code
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\n help: {help}")?;
        }
        Ok(())
    }
}

impl From<BackendError> for CliError {
    fn from(error: BackendError) -> Self {
        let told = Self::new(backend_code(&error), with_causes(&error));
        match error {
            BackendError::Unreachable { remedy: Some(remedy), .. } => told.help(remedy),
            BackendError::Unreachable { remedy: None, .. }
            | BackendError::Image { .. }
            | BackendError::Engine { .. }
            | BackendError::Io { .. } => told,
        }
    }
}

/// The exit code of a run that could not go on.
pub(crate) fn run_code(error: &RunError) -> ExitCode {
    match error {
        RunError::Backend(error) => backend_code(error),
        RunError::Abandoned => ExitCode::Engine,
        RunError::Panicked { .. } => ExitCode::Bug,
    }
}

fn backend_code(error: &BackendError) -> ExitCode {
    match error {
        BackendError::Image { .. } => ExitCode::Image,
        BackendError::Unreachable { .. } | BackendError::Engine { .. } | BackendError::Io { .. } => ExitCode::Engine,
    }
}
