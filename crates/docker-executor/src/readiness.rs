//! Waits until a helper container is ready, and returns its ports.

use std::time::Duration;

use bollard::{models::ContainerInspectResponse, query_parameters::LogsOptionsBuilder};
use cirun_engine::BackendError;
use cirun_plan::PortBinding;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::time::{sleep, timeout};

use crate::{
    Engine, ReadyLine,
    error::{engine_error, explain},
};

/// The pause between two checks.
const PAUSE: Duration = Duration::from_millis(20);

/// How many of the last lines to report of a container that did not become ready.
const TAIL_LINES: &str = "20";

impl Engine {
    /// Waits until a running container has printed its line.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if it ended, or was not ready in time; with its last lines.
    pub(crate) async fn wait_ready(&self, container: &str, name: &str, ready: &ReadyLine) -> Result<(), BackendError> {
        let looking = async {
            loop {
                let state = self.docker.inspect_container(container, None).await;
                let state = state.map_err(|error| explain(&error))?;
                if self.log_text(container, since(&state), "all").await.contains(&ready.text) {
                    return Ok(());
                }
                if let Some(ended) = ended(&state) {
                    return Err(ended);
                }
                sleep(PAUSE).await;
            }
        };
        let reason = match timeout(ready.within, looking).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(reason)) => reason,
            Err(_) => format!("it did not print `{}` within {} s", ready.text, ready.within.as_secs()),
        };
        let tail = self.log_text(container, 0, TAIL_LINES).await;
        let tail = if tail.is_empty() { tail } else { format!("; its last lines:\n{}", tail.trim_end()) };
        Err(BackendError::Engine { what: format!("start `{name}`"), reason: format!("{reason}{tail}") })
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

/// The container's last start, in seconds since 1970: lines of an earlier start do not count.
fn since(container: &ContainerInspectResponse) -> i32 {
    let started = container.state.as_ref().and_then(|state| state.started_at.as_ref()?.parse::<Timestamp>().ok());
    started.and_then(|time| i32::try_from(time.as_second()).ok()).unwrap_or(0)
}

fn ended(container: &ContainerInspectResponse) -> Option<String> {
    let state = container.state.as_ref()?;
    let running = state.running.unwrap_or(false);
    (!running).then(|| format!("it ended with exit code {}", state.exit_code.unwrap_or(-1)))
}
