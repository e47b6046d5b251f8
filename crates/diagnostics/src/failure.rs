//! Why cirun did not do its work, sorted by who can fix it.

use std::{error::Error, fmt};

use crate::with_causes;

/// What went wrong, as far as the exit code depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line is wrong, or names what does not exist.
    Usage,
    /// A pipeline, an input, a secret or a consent is invalid or missing.
    Input,
    /// The stage failed.
    Stage,
    /// There is no container engine, it broke, or files of this machine cannot be used.
    Engine,
    /// An image is not available.
    Image,
    /// AWS, real or emulated, refused.
    Aws,
    /// The run differs from CI, and differences were not allowed.
    Parity,
    /// A person stopped it.
    Interrupted,
    /// A bug in cirun.
    Bug,
}

/// A failed operation: its kind, a message, the cause if another library reported one, and what to do.
///
/// Findings with places in files are diagnostics; this is what remains.
#[derive(Debug)]
pub struct Failure {
    kind: FailureKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
    help: Vec<String>,
}

impl Failure {
    /// A failure of this kind, without a cause.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, help: Vec::new() }
    }

    /// A failure that another error says all about.
    pub fn caused(kind: FailureKind, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        Self::new(kind, with_causes(&*error)).with_source(error)
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// What cirun was given is invalid or missing.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Input, message)
    }

    /// AWS refused, and another error says how.
    pub fn aws(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::caused(FailureKind::Aws, error)
    }

    /// A file of this machine cannot be used; `what` is the file or the operation.
    pub fn io(what: impl fmt::Display, error: std::io::Error) -> Self {
        Self::new(FailureKind::Engine, what.to_string()).with_source(error)
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(error.into());
        self
    }

    /// Adds a next action.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// What to do about it, the best first.
    pub fn remedies(&self) -> &[String] {
        &self.help
    }
}

/// The message and its causes, on one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => {
                let causes = with_causes(&**source);
                match self.message.contains(&causes) {
                    true => f.write_str(&self.message),
                    false => write!(f, "{}: {causes}", self.message),
                }
            }
            None => f.write_str(&self.message),
        }
    }
}

impl Error for Failure {}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn the_cause_is_said_once() {
        let refused = || io::Error::other("refused");
        assert_eq!(Failure::io("cannot listen", refused()).to_string(), "cannot listen: refused");
        assert_eq!(Failure::aws(refused()).to_string(), "refused");
        let failure = Failure::usage("no such file").help("name another").help("or none");
        assert_eq!((failure.to_string().as_str(), failure.remedies().len()), ("no such file", 2));
    }
}
