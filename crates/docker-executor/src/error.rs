//! Turns the API client's errors into the engine's.

use bollard::errors::Error;
use cirun_engine::BackendError;

/// What the engine says when another container, or another program, has a port of the host.
const PORT_TAKEN: [&str; 2] = ["port is already allocated", "address already in use"];

/// What the engine answered to `what`, in words for a person.
pub(crate) fn engine_error(what: impl Into<String>, error: &Error) -> BackendError {
    BackendError::Engine { what: what.into(), reason: explain(error) }
}

/// The engine's own message, without the client's frame around it.
pub(crate) fn explain(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => hint(message.trim()),
        Error::DockerStreamError { error } => error.trim().to_owned(),
        Error::RequestTimeoutError => "the engine did not answer in time".to_owned(),
        // The client's own frames say nothing that a person could use.
        Error::HyperLegacyError { err } => innermost(err),
        other => chain(other),
    }
}

/// Adds the remedy where the engine's message is known to puzzle people.
fn hint(message: &str) -> String {
    let remedies = [
        (PORT_TAKEN[0], "another container publishes this port: stop it, or change the step's `portBindings`"),
        (PORT_TAKEN[1], "another program listens on this port: stop it, or change the step's `portBindings`"),
        ("unable to apply caps", "this engine may not run privileged containers"),
        ("non-overlapping IPv4 address pool", "too many networks exist: `cirun clean`, then `docker network ls`"),
        (
            "bind source path does not exist",
            "the engine does not see this directory of the host: share it in the engine's settings",
        ),
    ];
    match remedies.iter().find(|(pattern, _)| message.contains(pattern)) {
        Some((_, remedy)) => format!("{message} ({remedy})"),
        None => message.to_owned(),
    }
}

/// The error with its causes: transport errors tell the reason only in their last source.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

/// The HTTP status of an answer.
pub(crate) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// Whether the object that was asked for does not exist.
pub(crate) fn is_missing(error: &Error) -> bool {
    status(error) == Some(404)
}

/// Whether someone else is at removing the object.
pub(crate) fn is_being_removed(error: &Error) -> bool {
    status(error) == Some(409) && error.to_string().contains("is already in progress")
}

/// Whether a container could not start because a port of the host is in use.
pub(crate) fn is_port_taken(error: &Error) -> bool {
    let text = error.to_string();
    PORT_TAKEN.iter().any(|pattern| text.contains(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_messages_carry_a_remedy() {
        let error = Error::DockerResponseServerError {
            status_code: 500,
            message: "Bind for 127.0.0.1:80 failed: port is already allocated".to_owned(),
        };
        insta::assert_snapshot!(explain(&error), @"Bind for 127.0.0.1:80 failed: port is already allocated (another container publishes this port: stop it, or change the step's `portBindings`)");
        assert_eq!(status(&error), Some(500));
    }
}
