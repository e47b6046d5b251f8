//! What is wrong with the value of an option.

use cirun_aws_emulator::InvalidFault;
use cirun_plan::ParseDurationError;

/// A value that an option does not take.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadValue {
    #[error("expected a name, `=` and a value")]
    Pair,
    #[error("expected OS/ARCH, such as `linux/amd64` or `linux/arm/v7`")]
    Platform,
    #[error("expected ID=TIME, such as `db=5s`")]
    Delay,
    #[error("`{0}` has no time: write it as in `{0}=5s`")]
    NoTime(String),
    #[error("expected PORT=PORT")]
    Relay,
    #[error("`{0}` is not a port")]
    Port(String),
    #[error("an account id has 12 digits")]
    Account,
    #[error("expected a time such as 90s, 30m, 24h or 7d")]
    Time,
    #[error(transparent)]
    Duration(#[from] ParseDurationError),
    #[error(transparent)]
    Fault(#[from] InvalidFault),
}
