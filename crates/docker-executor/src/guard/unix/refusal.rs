//! What the guard refuses, and why.

use std::{error::Error, fmt};

/// The end of a sentence about what lets a step do more.
pub(super) const MORE: &str = "`--open-docker-socket` lets steps do it";
/// The same where no option does.
pub(super) const DIND: &str = "a Background step with Docker in Docker has an engine of its own";

/// A request that does not go on to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The answer's status.
    pub(super) status: u16,
    /// Why, for a person.
    pub(super) message: String,
}

impl Refusal {
    /// Something that a step may not do.
    pub(super) fn forbidden(what: impl fmt::Display, more: &str) -> Self {
        Self { status: 403, message: format!("cirun's guard of this socket refuses {what}: {more}") }
    }

    /// A request that cannot be read wholly.
    pub(super) fn bad(what: impl fmt::Display) -> Self {
        Self { status: 400, message: format!("cirun's guard of this socket: {what}") }
    }

    /// Something that the run does not have.
    pub(super) fn missing(what: impl fmt::Display) -> Self {
        Self { status: 404, message: what.to_string() }
    }

    /// An endpoint that the guard does not pass. By these words Docker's client knows that it may look on elsewhere.
    pub(super) fn endpoint(what: impl fmt::Display, reason: &str) -> Self {
        Self { status: 501, message: format!("cirun's guard of this socket: {what} is not supported: {reason}") }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Refusal {}
