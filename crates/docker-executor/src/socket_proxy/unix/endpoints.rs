//! The endpoints of the engine's API that the proxy forwards, as a table; all others are refused. Pure.

use hyper::Method;

use super::refusal::{DIND, Refusal};

/// What the proxy does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Forwarded without a body: it only reads.
    Ask,
    /// An archive with images.
    Load,
    /// Both connections are joined; the engine sends its requests to the client.
    Session,
    /// BuildKit's own protocol.
    BuildKit,
    /// A list of objects; a step sees those of its run.
    List(Kind),
    /// The engine's events; a step sees those of its run.
    Events,
    /// A removal of unused objects, limited to the run's.
    Prune,
    /// A removal of unused images or caches: a run may not remove those of the machine.
    KeepUnused,
    /// One object of the run.
    One(Kind, Use),
    /// Creates a container.
    CreateContainer,
    /// Changes a container's limits.
    UpdateContainer,
    /// Prepares a program in a container.
    CreateExec,
    /// A prepared program.
    Exec(Use),
    /// Creates an image from a container.
    Commit,
    /// Creates a network.
    CreateNetwork,
    /// Connects or disconnects a container and a network.
    ConnectNetwork,
    /// Creates a volume.
    CreateVolume,
    /// Builds an image.
    Build,
    /// Logs in to a registry.
    Login,
    /// Pushes an image.
    Push,
    /// Pulls an image, or creates one from an archive.
    Pull,
    /// Inspects an image.
    InspectImage,
    /// Adds a name to an image.
    TagImage,
    /// Removes a name of an image.
    RemoveImage,
    /// Asks a registry about an image.
    Distribution,
}

/// The kinds of objects that belong to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Containers.
    Container,
    /// Networks.
    Network,
    /// Volumes.
    Volume,
    /// All of them, in the report of disk usage.
    All,
}

/// The operation on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Reads its description.
    Describe,
    /// Reads it in another way.
    Look,
    /// Changes its state.
    Change,
    /// Writes an archive into it.
    Fill,
    /// Joins the connection with its streams.
    Join,
    /// Removes it.
    Remove,
}

/// A method, a path pattern (`*` is one segment, `**` one or more), and the handling of such a request.
type Endpoint = (&'static str, &'static str, Treatment);

use Kind::{All, Container, Network, Volume};
use Treatment::*;
use Use::{Change, Describe, Fill, Join, Look, Remove};

/// The Docker Engine API up to 1.51. If two patterns match, the first one applies.
#[rustfmt::skip]
const ENDPOINTS: &[Endpoint] = &[
    ("GET",    "/_ping",                    Ask),
    ("HEAD",   "/_ping",                    Ask),
    ("GET",    "/version",                  Ask),
    ("GET",    "/info",                     Ask),
    ("GET",    "/events",                   Events),
    ("GET",    "/system/df",                List(All)),
    ("POST",   "/auth",                     Login),
    ("POST",   "/session",                  Session),
    ("POST",   "/grpc",                     BuildKit),
    ("POST",   "/build",                    Build),
    ("POST",   "/build/cancel",             Ask),
    ("POST",   "/build/prune",              KeepUnused),
    ("POST",   "/commit",                   Commit),

    ("GET",    "/containers/json",          List(Container)),
    ("POST",   "/containers/create",        CreateContainer),
    ("POST",   "/containers/prune",         Prune),
    ("GET",    "/containers/*/json",        One(Container, Describe)),
    ("GET",    "/containers/*/top",         One(Container, Look)),
    ("GET",    "/containers/*/logs",        One(Container, Look)),
    ("GET",    "/containers/*/changes",     One(Container, Look)),
    ("GET",    "/containers/*/export",      One(Container, Look)),
    ("GET",    "/containers/*/stats",       One(Container, Look)),
    ("GET",    "/containers/*/archive",     One(Container, Look)),
    ("HEAD",   "/containers/*/archive",     One(Container, Look)),
    ("PUT",    "/containers/*/archive",     One(Container, Fill)),
    ("GET",    "/containers/*/attach/ws",   One(Container, Join)),
    ("POST",   "/containers/*/attach",      One(Container, Join)),
    ("POST",   "/containers/*/wait",        One(Container, Look)),
    ("POST",   "/containers/*/start",       One(Container, Change)),
    ("POST",   "/containers/*/stop",        One(Container, Change)),
    ("POST",   "/containers/*/restart",     One(Container, Change)),
    ("POST",   "/containers/*/kill",        One(Container, Change)),
    ("POST",   "/containers/*/pause",       One(Container, Change)),
    ("POST",   "/containers/*/unpause",     One(Container, Change)),
    ("POST",   "/containers/*/rename",      One(Container, Change)),
    ("POST",   "/containers/*/resize",      One(Container, Change)),
    ("POST",   "/containers/*/update",      UpdateContainer),
    ("POST",   "/containers/*/exec",        CreateExec),
    ("DELETE", "/containers/*",             One(Container, Remove)),
    ("GET",    "/exec/*/json",              Exec(Look)),
    ("POST",   "/exec/*/resize",            Exec(Change)),
    ("POST",   "/exec/*/start",             Exec(Join)),

    ("GET",    "/networks",                 List(Network)),
    ("POST",   "/networks/create",          CreateNetwork),
    ("POST",   "/networks/prune",           Prune),
    ("GET",    "/networks/*",               One(Network, Describe)),
    ("POST",   "/networks/*/connect",       ConnectNetwork),
    ("POST",   "/networks/*/disconnect",    ConnectNetwork),
    ("DELETE", "/networks/*",               One(Network, Remove)),

    ("GET",    "/volumes",                  List(Volume)),
    ("POST",   "/volumes/create",           CreateVolume),
    ("POST",   "/volumes/prune",            Prune),
    ("GET",    "/volumes/*",                One(Volume, Describe)),
    ("DELETE", "/volumes/*",                One(Volume, Remove)),

    ("GET",    "/images/json",              Ask),
    ("GET",    "/images/search",            Ask),
    ("GET",    "/images/get",               Ask),
    ("POST",   "/images/load",              Load),
    ("POST",   "/images/create",            Pull),
    ("POST",   "/images/prune",             KeepUnused),
    ("GET",    "/images/**/json",           InspectImage),
    ("GET",    "/images/**/history",        Ask),
    ("GET",    "/images/**/get",            Ask),
    ("POST",   "/images/**/push",           Push),
    ("POST",   "/images/**/tag",            TagImage),
    ("DELETE", "/images/**",                RemoveImage),
    ("GET",    "/distribution/**/json",     Distribution),
];

/// Why groups of endpoints are refused, by their first segment.
const REFUSED: &[(&str, &str)] = &[
    ("swarm", "Swarm belongs to the machine"),
    ("nodes", "Swarm belongs to the machine"),
    ("services", "Swarm's services outlive the run"),
    ("tasks", "Swarm's services outlive the run"),
    ("secrets", "Swarm belongs to the machine"),
    ("configs", "Swarm belongs to the machine"),
    ("plugins", "plugins run with the engine's rights"),
    ("libpod", "the proxy only knows Docker's API"),
];

/// The handling of a request.
///
/// # Errors
/// An endpoint that is not in the table, with what to do instead.
pub(super) fn treatment(method: &Method, segments: &[String]) -> Result<Treatment, Refusal> {
    let found = ENDPOINTS.iter().find(|(known, pattern, _)| method == known && matches(pattern, segments));
    if let Some((_, _, treatment)) = found {
        return Ok(*treatment);
    }
    let first = segments.first().map_or("", String::as_str);
    let reason = REFUSED.iter().find(|(group, _)| *group == first);
    let reason = reason.map_or("the proxy does not know this endpoint", |(_, reason)| reason);
    let what = format!("`{method} /{}`", segments.join("/"));
    Err(Refusal::endpoint(what, &format!("{reason}; {DIND}")))
}

fn matches(pattern: &str, segments: &[String]) -> bool {
    let pattern: Vec<&str> = pattern.split('/').skip(1).collect();
    let fits = |pattern: &[&str], segments: &[String]| {
        pattern.len() == segments.len()
            && pattern.iter().zip(segments).all(|(wanted, given)| *wanted == "*" || wanted == given)
    };
    match pattern.iter().position(|part| *part == "**") {
        None => fits(&pattern, segments),
        Some(at) => {
            let (head, tail) = (&pattern[..at], &pattern[at + 1..]);
            segments.len() > head.len() + tail.len()
                && fits(head, &segments[..head.len()])
                && fits(tail, &segments[segments.len() - tail.len()..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str) -> Result<Treatment, Refusal> {
        let segments: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
        treatment(&method.parse().unwrap(), &segments)
    }

    #[test]
    fn known_endpoints() {
        for (method, path, expected) in [
            ("POST", "/images/r.io/a/b/push", Push),
            ("POST", "/images/push/push", Push),
            ("POST", "/images/create", Pull),
            ("GET", "/images/json", Ask),
            ("GET", "/images/json/json", InspectImage),
            ("GET", "/images/r.io/a:1/json", InspectImage),
            ("DELETE", "/images/r.io/a:1", RemoveImage),
            ("DELETE", "/containers/a", One(Container, Remove)),
            ("GET", "/containers/a/attach/ws", One(Container, Join)),
            ("POST", "/volumes/create", CreateVolume),
            ("GET", "/distribution/a/json", Distribution),
        ] {
            assert_eq!(of(method, path), Ok(expected), "{method} {path}");
        }
    }

    #[test]
    fn all_others_are_refused_with_a_reason() {
        for (method, path, reason) in [
            ("GET", "/services", "outlive the run"),
            ("POST", "/swarm/init", "Swarm belongs"),
            ("GET", "/libpod/info", "only knows Docker's API"),
            ("POST", "/plugins/r.io/p/push", "engine's rights"),
            ("POST", "/containers/a/copy", "does not know"),
            ("POST", "/containers/a/b/start", "does not know"),
            ("POST", "/containers/create/a/start", "does not know"),
            ("POST", "/images/push", "does not know"),
            ("PUT", "/volumes/a", "does not know"),
            ("POST", "/info", "does not know"),
            ("GET", "/v1.41/info", "does not know"),
            ("GET", "/", "does not know"),
        ] {
            let refusal = of(method, path).unwrap_err();
            assert!(refusal.status == 501 && refusal.message.contains(reason), "{method} {path}: {refusal}");
        }
    }
}
