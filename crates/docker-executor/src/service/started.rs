//! What is known of a service once its container exists.

use bollard::models::{ContainerInspectResponse, HealthConfig};
use cirun_engine::ReadyContainer;

/// The details of a started service that its readiness and its end need.
#[derive(Debug)]
pub(crate) struct StartedService {
    pub(crate) container: String,
    pub(crate) ports: Ports,
    /// The program of its image's health check.
    pub(super) health: Option<Vec<String>>,
    /// The pod's listening ports before it started.
    pub(super) before: Vec<u16>,
}

/// The ports on which a service is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ports {
    /// The step binds them: it uses all of them.
    All(Vec<u16>),
    /// Its image exposes them; many images expose more than they use.
    Any(Vec<u16>),
    /// Its image exposes some, but the step runs another program: any port that it opens.
    AnyNew,
    /// None is known.
    Unknown,
}

impl StartedService {
    /// Reads what it needs from the step and the created container.
    pub(super) fn new(id: &str, step: &ReadyContainer, container: &ContainerInspectResponse, before: Vec<u16>) -> Self {
        let config = container.config.as_ref();
        let bound: Vec<u16> = step.ports.iter().map(|port| port.container).collect();
        let exposed = tcp_ports(config.and_then(|config| config.exposed_ports.as_deref()).unwrap_or_default());
        let runs_the_images_program = step.entrypoint.is_none() && step.command.is_none();
        let ports = match (bound.is_empty(), exposed.is_empty()) {
            (false, _) => Ports::All(bound),
            (true, true) => Ports::Unknown,
            (true, false) if runs_the_images_program => Ports::Any(exposed),
            (true, false) => Ports::AnyNew,
        };
        let health = config.and_then(|config| health_check(config.healthcheck.as_ref()?));
        Self { container: id.to_owned(), ports, health, before }
    }

    /// The ports that it certainly listens on when it works.
    pub(crate) fn known_ports(&self) -> &[u16] {
        match &self.ports {
            Ports::All(ports) | Ports::Any(ports) => ports,
            Ports::AnyNew | Ports::Unknown => &[],
        }
    }
}

/// The TCP ports of a list such as `6379/tcp`, `53/udp`, `80`, in order.
pub(crate) fn tcp_ports(keys: &[String]) -> Vec<u16> {
    let port = |key: &String| match key.split_once('/') {
        Some((port, "tcp")) => port.parse().ok(),
        Some(_) => None,
        None => key.parse().ok(),
    };
    let mut ports: Vec<u16> = keys.iter().filter_map(port).collect();
    ports.sort_unstable();
    ports
}

/// The program of a health check; `None` for `NONE`, which disables a base image's.
fn health_check(config: &HealthConfig) -> Option<Vec<String>> {
    let (kind, words) = config.test.as_deref()?.split_first()?;
    match (kind.as_str(), words) {
        ("CMD", [_, ..]) => Some(words.to_vec()),
        ("CMD-SHELL", [line]) => Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), line.clone()]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposed_ports() {
        let keys = ["6379/tcp", "53/udp", "80", "x"].map(str::to_owned);
        assert_eq!(tcp_ports(&keys), [80, 6379]);
    }

    #[test]
    fn health_checks() {
        let check = |words: &[&str]| {
            let test = Some(words.iter().map(|word| (*word).to_owned()).collect());
            health_check(&HealthConfig { test, ..HealthConfig::default() }).map(|words| words.join(" "))
        };
        assert_eq!(check(&["CMD", "redis-cli", "ping"]).as_deref(), Some("redis-cli ping"));
        assert_eq!(check(&["CMD-SHELL", "pg_isready || exit 1"]).as_deref(), Some("/bin/sh -c pg_isready || exit 1"));
        assert_eq!((check(&["NONE"]), check(&[])), (None, None));
    }
}
