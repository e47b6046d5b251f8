//! The connection to an engine, and its description of itself.

use std::{path::PathBuf, sync::Arc};

use bollard::{
    Docker,
    container::LogOutput,
    errors::Error,
    models::ContainerCreateBody,
    query_parameters::{CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder},
};
use cirun_engine::BackendError;
use futures_util::stream::BoxStream;
use tokio::sync::Semaphore;

use crate::{Candidate, HostOs, error::engine_error, spec::Network};

/// How many containers with a network namespace of their own start at once; others wait.
///
/// For each start, Docker runs a program in the new network namespace that writes to `net/ipv6/conf/all/disable_ipv6`.
/// While another namespace is being created, the kernel lets that program spin instead of sleep. On two processors, 50
/// starts at once took 33 s of processor time and 18 s; with 8 at once it was 13 to 28 s and 8 to 16 s, in five runs.
const STARTS_AT_ONCE: usize = 8;

/// The output of a container, as it arrives.
pub(crate) type Output = BoxStream<'static, Result<LogOutput, Error>>;

/// A connected engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) docker: Docker,
    candidate: Candidate,
    host_os: HostOs,
    arch: String,
    os: String,
    starting: Arc<Semaphore>,
}

/// An engine's description of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// Its address.
    pub address: String,
    /// Why that address was tried.
    pub source: String,
    /// Its version.
    pub version: String,
    /// The negotiated API version.
    pub api_version: String,
    /// The system of its containers: `linux` or `windows`.
    pub os: String,
    /// The architecture of its containers, in Go's terms: `amd64`, `arm64`.
    pub arch: String,
    /// Its operating system, as text to print.
    pub operating_system: String,
    /// The names of its runtimes, sorted.
    pub runtimes: Vec<String>,
    /// Its default runtime.
    pub default_runtime: String,
    /// Whether it runs without root privileges.
    pub rootless: bool,
    /// The number of CPUs available to it.
    pub cpus: u64,
    /// The memory available to it, in bytes.
    pub memory_bytes: u64,
    /// Its storage driver.
    pub storage_driver: String,
    /// The directory of images and containers, on its own machine.
    pub root: Option<String>,
    /// Its warnings.
    pub warnings: Vec<String>,
}

impl Engine {
    pub(crate) async fn new(docker: Docker, candidate: Candidate, host_os: HostOs) -> Result<Self, BackendError> {
        let version = docker.version().await.map_err(|error| engine_error("ask the engine's version", &error))?;
        let arch = version.arch.unwrap_or_default();
        let starting = Arc::new(Semaphore::new(STARTS_AT_ONCE));
        Ok(Self { docker, candidate, host_os, arch, os: version.os.unwrap_or_default(), starting })
    }

    /// Returns the engine's description of itself.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if it does not respond.
    pub async fn info(&self) -> Result<EngineInfo, BackendError> {
        let info = self.docker.info().await.map_err(|error| engine_error("ask the engine about itself", &error))?;
        let mut runtimes: Vec<String> = info.runtimes.unwrap_or_default().into_keys().collect();
        runtimes.sort();
        let security = info.security_options.unwrap_or_default();
        Ok(EngineInfo {
            address: self.candidate.address.clone(),
            source: self.candidate.source.clone(),
            version: info.server_version.unwrap_or_default(),
            api_version: self.docker.client_version().to_string(),
            os: self.os.clone(),
            arch: self.arch.clone(),
            operating_system: info.operating_system.unwrap_or_default(),
            runtimes,
            default_runtime: info.default_runtime.unwrap_or_default(),
            rootless: security.iter().any(|option| option.contains("rootless")),
            cpus: info.ncpu.and_then(|count| u64::try_from(count).ok()).unwrap_or(0),
            memory_bytes: info.mem_total.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
            storage_driver: info.driver.unwrap_or_default(),
            root: info.docker_root_dir,
            warnings: info.warnings.unwrap_or_default(),
        })
    }

    /// The engine's platform: `linux/amd64`.
    pub fn platform(&self) -> String {
        format!("{}/{}", self.os, self.arch)
    }

    /// The engine's own socket, if it is on this machine: cirun and the engine then share a kernel.
    pub fn socket_here(&self) -> Option<PathBuf> {
        socket_here(&self.candidate.address, self.host_os)
    }

    /// The path of the engine's own socket on the engine's machine, for containers that get it.
    pub(crate) fn socket_path(&self) -> PathBuf {
        socket_path(&self.candidate.address, self.host_os)
    }
}

impl Engine {
    /// Creates a container and returns its id. A helper's image has the engine's own platform, so it needs no platform.
    pub(crate) async fn create(
        &self,
        name: &str,
        body: ContainerCreateBody,
        platform: Option<&str>,
    ) -> Result<String, Error> {
        let mut options = CreateContainerOptionsBuilder::new().name(name);
        if let Some(platform) = platform {
            options = options.platform(platform);
        }
        Ok(self.docker.create_container(Some(options.build()), body).await?.id)
    }

    /// Starts a container; on a bridge, waits for its turn.
    pub(crate) async fn start(&self, container: &str, network: Network) -> Result<(), Error> {
        let turn = match network {
            Network::Bridge => Some(self.starting.acquire().await),
            Network::Pod => None,
        };
        let started = self.docker.start_container(container, None).await;
        drop(turn);
        started
    }

    /// Removes a container with its anonymous volumes, in whatever state it is.
    pub(crate) async fn remove(&self, container: &str) -> Result<(), Error> {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        self.docker.remove_container(container, Some(options)).await
    }
}

/// Engines in a virtual machine have their socket at the usual path *there*.
fn socket_path(address: &str, host_os: HostOs) -> PathBuf {
    socket_here(address, host_os).unwrap_or_else(|| PathBuf::from("/var/run/docker.sock"))
}

/// Parts of a socket's address that belong to a virtual machine, on Linux.
const VIRTUAL: [&str; 5] = ["/.docker/desktop/", "/.colima/", "/.orbstack/", "/.rd/", "/podman/machine/"];

/// Only on Linux can the client's socket be the engine's own (rootless Docker, Podman).
pub(crate) fn socket_here(address: &str, host_os: HostOs) -> Option<PathBuf> {
    let path = address.strip_prefix("unix://").filter(|_| host_os == HostOs::Linux)?;
    (!VIRTUAL.iter().any(|part| path.contains(part))).then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_that_containers_get() {
        for (address, os, expected) in [
            ("unix:///run/user/1000/docker.sock", HostOs::Linux, "/run/user/1000/docker.sock"),
            ("unix:///home/me/.docker/desktop/docker.sock", HostOs::Linux, "/var/run/docker.sock"),
            ("unix:///Users/me/.colima/default/docker.sock", HostOs::MacOs, "/var/run/docker.sock"),
            ("npipe:////./pipe/docker_engine", HostOs::Windows, "/var/run/docker.sock"),
            ("tcp://build:2375", HostOs::Linux, "/var/run/docker.sock"),
        ] {
            assert_eq!(socket_path(address, os), PathBuf::from(expected), "{address}");
        }
    }
}
