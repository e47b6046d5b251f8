//! The exit codes of cirun.

use std::process;

use cirun_diagnostics::FailureKind;

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// The stage succeeded; for `check`: no errors.
    Success = 0,
    /// The stage ran and failed.
    StageFailed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Invalid pipeline, input set, expression; a missing input or secret; `check` found errors.
    InvalidInput = 3,
    /// No engine, or the engine broke.
    Engine = 4,
    /// An image is not available, or would need a pull under `--offline`.
    Image = 5,
    /// AWS credentials or emulator.
    Aws = 6,
    /// `--strict-parity` found a difference.
    Parity = 7,
    /// A bug in cirun.
    Bug = 70,
    /// Interrupted (SIGINT).
    Interrupted = 130,
    /// Terminated (SIGTERM).
    Terminated = 143,
}

impl ExitCode {
    /// All codes and their meanings, for the manual.
    pub(crate) const MEANINGS: [(Self, &'static str); 11] = [
        (Self::Success, "the stage succeeded (for `check`: no errors)"),
        (Self::StageFailed, "the stage ran and failed"),
        (Self::Usage, "usage"),
        (
            Self::InvalidInput,
            "invalid pipeline, input set or expression; missing input, secret or approval; `check` found errors",
        ),
        (Self::Engine, "no engine, or the engine broke"),
        (Self::Image, "an image is not available (or would need a pull under `--offline`)"),
        (Self::Aws, "AWS credentials or emulator"),
        (Self::Parity, "`--strict-parity` found a difference"),
        (Self::Bug, "a bug in cirun"),
        (Self::Interrupted, "interrupted"),
        (Self::Terminated, "terminated"),
    ];

    /// The number.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

impl From<FailureKind> for ExitCode {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Usage => Self::Usage,
            FailureKind::Input => Self::InvalidInput,
            FailureKind::Stage => Self::StageFailed,
            FailureKind::Engine => Self::Engine,
            FailureKind::Image => Self::Image,
            FailureKind::Aws => Self::Aws,
            FailureKind::Parity => Self::Parity,
            FailureKind::Interrupted => Self::Interrupted,
            FailureKind::Bug => Self::Bug,
        }
    }
}
