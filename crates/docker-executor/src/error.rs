//! Turns the API client's errors into the engine's.

use bollard::errors::Error;
use cirun_engine::{BackendError, with_causes};

/// The engine's messages if another container, or another program, uses a port of the host.
const PORT_TAKEN: [&str; 2] = ["port is already allocated", "address already in use"];

/// The engine's answer to `what`, as text to print.
pub(crate) fn engine_error(what: impl Into<String>, error: &Error) -> BackendError {
    BackendError::Engine { what: what.into(), reason: explain(error) }
}

/// What to do if the engine refuses privileged containers.
const UNPRIVILEGED: &str = "this engine does not run privileged containers: name one that does with `DOCKER_HOST`, or \
    remove `privileged` from the step";

/// The engine's own message, without the client's prefix.
pub(crate) fn explain(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => hint(message.trim()),
        Error::DockerStreamError { error } => error.trim().to_owned(),
        Error::RequestTimeoutError => "the engine did not answer in time".to_owned(),
        // The client's own prefixes do not help users.
        Error::HyperLegacyError { err } => innermost(err),
        other => with_causes(other),
    }
}

/// Adds the remedy to messages of the engine that are hard to understand.
fn hint(message: &str) -> String {
    if let Some(taken) = port_taken(message) {
        return taken;
    }
    let remedies = [
        ("unable to apply caps", UNPRIVILEGED),
        ("privileged mode is incompatible with user namespaces", UNPRIVILEGED),
        (
            "authorization denied by plugin",
            "an administrator of this engine forbids that: ask them, or name another engine with `DOCKER_HOST`",
        ),
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

/// The message for a port of the host that is in use, instead of the engine's long one.
fn port_taken(message: &str) -> Option<String> {
    let (at, who) = PORT_TAKEN
        .iter()
        .zip(["another container uses it", "another program uses it"])
        .find_map(|(pattern, who)| Some((message.find(pattern)?, who)))?;
    // `Bind for 127.0.0.1:80 failed: port …`, `listen tcp4 127.0.0.1:80: bind: address …`
    let address = message[..at].split_whitespace().rev().find(|word| word.contains('.') && word.contains(':'))?;
    let port: u16 = address.trim_end_matches(':').rsplit_once(':')?.1.parse().ok()?;
    Some(format!("port {port} of this machine is in use: {who}; stop it, or change the step's `portBindings`"))
}

fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

/// The HTTP status of a response.
pub(crate) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// Whether the requested object does not exist.
pub(crate) fn is_missing(error: &Error) -> bool {
    status(error) == Some(404)
}

/// The engine's messages about a container that another client removes or starts.
const BEING_REMOVED: [&str; 2] = ["is already in progress", "is marked for removal"];

/// Whether another client is removing the object.
pub(crate) fn is_being_removed(error: &Error) -> bool {
    let text = error.to_string();
    status(error) == Some(409) && BEING_REMOVED.iter().any(|pattern| text.contains(pattern))
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
        insta::assert_snapshot!(explain(&error), @"
            port 80 of this machine is in use: another container uses it; stop it, or change the step's `portBindings`
            ");
        let story = "driver failed programming external connectivity on endpoint x (ab12): Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use";
        insta::assert_snapshot!(hint(story), @"
            port 8080 of this machine is in use: another program uses it; stop it, or change the step's `portBindings`
            ");
        insta::assert_snapshot!(hint("OCI runtime create failed: unable to apply caps: operation not permitted"), @"OCI \
            runtime create failed: unable to apply caps: operation not permitted (this engine does not run privileged \
            containers: name one that does with `DOCKER_HOST`, or remove `privileged` from the step)");
        assert_eq!(status(&error), Some(500));
    }
}
