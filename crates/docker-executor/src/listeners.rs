//! Lists the listening ports of a container's network namespace: from this machine's `/proc` if the engine's containers
//! are processes of this machine, otherwise with a helper container in that namespace.

use std::{net::SocketAddr, sync::Arc};

use bollard::query_parameters::AttachContainerOptionsBuilder;
use cirun_engine::{BackendError, listening};
use futures_util::StreamExt;
use tokio::fs;

use crate::{
    engine::Output,
    error::engine_error,
    names::object_name,
    shared::Shared,
    spec::{HostInfo, watcher_config},
};

/// The line that a watcher prints after each reading of the tables.
const END_OF_READING: &str = ".";

/// The namespace of one container.
pub(crate) enum Listeners {
    /// Its process is a process of this machine.
    Here { process: i64 },
    /// A helper container in the namespace prints the tables repeatedly.
    Watcher { container: String, output: Output, text: String },
}

impl Listeners {
    /// The namespace of a running container, if its process is one of this machine's.
    pub(crate) async fn here(container: &str, process: Option<i64>) -> Option<Self> {
        let process = process.filter(|process| *process > 0)?;
        // In an engine's virtual machine, or on another machine, this number is another process.
        let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).await.ok()?;
        groups.contains(container).then_some(Self::Here { process })
    }

    /// The namespace of a running container, watched from inside.
    pub(crate) async fn watched(shared: &Arc<Shared>, host: &HostInfo, container: &str) -> Result<Self, BackendError> {
        let failed = |error| engine_error("watch the ports of a service", &error);
        shared.engine.ensure_helper_image(&shared.config.watcher.image).await?;
        let name = shared.unique_name(object_name(&host.name, "watcher"));
        let body = watcher_config(&shared.config.watcher, container, host);
        let id = shared.create(name, body, None).await.map_err(failed)?;
        let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).build();
        let attached = shared.engine.docker.attach_container(&id, Some(options)).await.map_err(failed)?;
        shared.engine.docker.start_container(&id, None).await.map_err(failed)?;
        Ok(Self::Watcher { container: id, output: attached.output.boxed(), text: String::new() })
    }

    /// The current listeners; `None` if the namespace is gone.
    pub(crate) async fn read(&mut self) -> Option<Vec<SocketAddr>> {
        match self {
            Self::Here { process } => {
                let tables = fs::read_to_string(format!("/proc/{process}/net/tcp")).await.ok()?;
                // A kernel without IPv6 has no such table.
                let more = fs::read_to_string(format!("/proc/{process}/net/tcp6")).await.unwrap_or_default();
                Some(addresses(&(tables + &more)))
            }
            Self::Watcher { output, text, .. } => {
                let end = format!("\n{END_OF_READING}\n");
                loop {
                    if let Some(at) = text.find(&end) {
                        let found = addresses(&text[..at]);
                        text.drain(..at + end.len());
                        return Some(found);
                    }
                    let chunk = output.next().await?.ok()?;
                    text.push_str(&String::from_utf8_lossy(&chunk.into_bytes()));
                }
            }
        }
    }

    /// Whether it continues after the service has ended.
    pub(crate) fn outlives_service(&self) -> bool {
        matches!(self, Self::Watcher { .. })
    }

    /// Ends the watcher.
    pub(crate) fn close(self, shared: &Arc<Shared>) {
        if let Self::Watcher { container, .. } = self {
            shared.remove_later(container);
        }
    }
}

fn addresses(tables: &str) -> Vec<SocketAddr> {
    let mut addresses: Vec<_> = listening(tables).iter().map(|listener| listener.address).collect();
    addresses.dedup();
    addresses
}
