//! Waits until what runs in a container can be used.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bollard::{
    models::{ContainerInspectResponse, HealthStatusEnum},
    query_parameters::LogsOptionsBuilder,
};
use cirun_engine::BackendError;
use cirun_plan::PortBinding;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    Engine,
    error::{engine_error, explain},
    spec::port_key,
};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a connection must stay open to count: the engine's proxy for published ports accepts connections before it
/// knows whether anyone listens in the container, and closes them when nobody does.
const HOLDS_FOR: Duration = Duration::from_millis(50);

/// How many of its last lines are told of a container that did not become ready.
const TAIL_LINES: &str = "20";

/// When a container counts as ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It accepts connections on this port of its own.
    Tcp(u16),
    /// It has printed a line with this text.
    LogLine(String),
    /// Its image's health check says so.
    Healthy,
}

impl Engine {
    /// Waits until a running container is ready.
    ///
    /// # Errors
    /// [`BackendError::Engine`] when it ended, or was not ready in time; with its last lines.
    pub(crate) async fn wait_ready(
        &self,
        container: &str,
        name: &str,
        readiness: &Readiness,
        within: Duration,
    ) -> Result<(), BackendError> {
        let looking = async {
            loop {
                let state = self.docker.inspect_container(container, None).await;
                let state = state.map_err(|error| explain(&error))?;
                if self.is_ready(container, &state, readiness).await {
                    return Ok(());
                }
                if let Some(ended) = ended(&state) {
                    return Err(ended);
                }
                sleep(PAUSE).await;
            }
        };
        let reason = match timeout(within, looking).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(reason)) => reason,
            Err(_) => format!("it was not ready ({}) within {} s", readiness.describe(), within.as_secs()),
        };
        let tail = self.log_text(container, 0, TAIL_LINES).await;
        let tail = if tail.is_empty() { tail } else { format!("; its last lines:\n{}", tail.trim_end()) };
        Err(BackendError::Engine { what: format!("start `{name}`"), reason: format!("{reason}{tail}") })
    }

    async fn is_ready(&self, container: &str, state: &ContainerInspectResponse, readiness: &Readiness) -> bool {
        match readiness {
            Readiness::Tcp(port) => {
                for address in addresses(state, *port) {
                    if accepts(address).await {
                        return true;
                    }
                }
                false
            }
            Readiness::LogLine(text) => self.log_text(container, since(state), "all").await.contains(text),
            Readiness::Healthy => {
                let health = state.state.as_ref().and_then(|state| state.health.as_ref()?.status);
                health == Some(HealthStatusEnum::HEALTHY)
            }
        }
    }

    async fn log_text(&self, container: &str, since: i32, tail: &str) -> String {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).since(since).tail(tail).build();
        let mut bytes = Vec::new();
        let mut chunks = Box::pin(self.docker.logs(container, Some(options)));
        while let Some(Ok(chunk)) = chunks.next().await {
            bytes.extend_from_slice(&chunk.into_bytes());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The TCP ports of a running container that the host publishes.
    pub(crate) async fn published_ports(&self, container: &str) -> Result<Vec<PortBinding>, BackendError> {
        let state = self.docker.inspect_container(container, None).await;
        let state = state.map_err(|error| engine_error("look at a container's ports", &error))?;
        let ports = state.network_settings.and_then(|settings| settings.ports).unwrap_or_default();
        let bound = ports.into_iter().filter_map(|(key, bindings)| {
            let container = key.strip_suffix("/tcp")?.parse().ok()?;
            let host = bindings?.into_iter().find_map(|binding| binding.host_port?.parse().ok())?;
            Some(PortBinding { host, container })
        });
        Ok(bound.collect())
    }
}

impl Readiness {
    fn describe(&self) -> String {
        match self {
            Self::Tcp(port) => format!("a connection to port {port}"),
            Self::LogLine(text) => format!("a line with `{text}`"),
            Self::Healthy => "its health check".to_owned(),
        }
    }
}

/// When the container was last started, in seconds since 1970: an earlier start's lines say nothing of this one.
fn since(container: &ContainerInspectResponse) -> i32 {
    let started = container.state.as_ref().and_then(|state| state.started_at.as_ref()?.parse::<Timestamp>().ok());
    started.and_then(|time| i32::try_from(time.as_second()).ok()).unwrap_or(0)
}

fn ended(container: &ContainerInspectResponse) -> Option<String> {
    let state = container.state.as_ref()?;
    let running = state.running.unwrap_or(false);
    (!running).then(|| format!("it ended with exit code {}", state.exit_code.unwrap_or(-1)))
}

/// Where a container's port can be reached from the host: the published one everywhere, its own address where the engine
/// runs on this machine.
fn addresses(container: &ContainerInspectResponse, port: u16) -> Vec<SocketAddr> {
    let Some(settings) = &container.network_settings else { return Vec::new() };
    let bindings = settings.ports.as_ref().and_then(|ports| ports.get(&port_key(port))?.as_ref());
    let published = bindings.into_iter().flatten().filter_map(|binding| {
        let host_port = binding.host_port.as_ref()?.parse().ok()?;
        Some(SocketAddr::new(IpAddr::from([127, 0, 0, 1]), host_port))
    });
    let networks = settings.networks.iter().flatten();
    let own =
        networks.filter_map(|(_, endpoint)| Some(SocketAddr::new(endpoint.ip_address.as_ref()?.parse().ok()?, port)));
    published.chain(own).collect()
}

async fn accepts(address: SocketAddr) -> bool {
    let Ok(Ok(mut stream)) = timeout(Duration::from_secs(1), TcpStream::connect(address)).await else { return false };
    let mut byte = [0];
    match timeout(HOLDS_FOR, stream.read(&mut byte)).await {
        Ok(read) => matches!(read, Ok(count) if count > 0),
        Err(_) => true,
    }
}
