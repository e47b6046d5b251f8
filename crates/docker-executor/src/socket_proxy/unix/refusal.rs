//! The proxy's refusals, with their reasons.

use std::{error::Error, fmt};

/// The end of a message about an option that allows more.
pub(super) const MORE: &str = "`--open-docker-socket` allows it";
/// The end of a message if no option allows it.
pub(super) const DIND: &str = "a Background step with Docker in Docker has an engine of its own";

/// A request that is not forwarded to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The status of the response.
    pub(super) status: u16,
    /// The reason, as text to print.
    pub(super) message: String,
}

impl Refusal {
    /// A request that a step may not make.
    pub(super) fn forbidden(what: impl fmt::Display, more: &str) -> Self {
        Self { status: 403, message: format!("cirun's socket proxy refuses {what}: {more}") }
    }

    /// A request that cannot be parsed completely.
    pub(super) fn bad(what: impl fmt::Display) -> Self {
        Self { status: 400, message: format!("cirun's socket proxy: {what}") }
    }

    /// An object that the run does not have.
    pub(super) fn missing(what: impl fmt::Display) -> Self {
        Self { status: 404, message: what.to_string() }
    }

    /// An endpoint that the proxy does not forward. With this text Docker's client tries another one.
    pub(super) fn endpoint(what: impl fmt::Display, reason: &str) -> Self {
        Self { status: 501, message: format!("cirun's socket proxy: {what} is not supported: {reason}") }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Refusal {}
