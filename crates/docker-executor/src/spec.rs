//! Turns a ready step into the engine's container description. Pure: calling the engine is a thin layer over this.

mod helpers;

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    path::PathBuf,
};

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, Mount, MountType, NetworkingConfig, PortBinding as EnginePort,
    PortMap,
};
use cirun_engine::{ReadyContainer, ReadyStep};
use cirun_plan::{Mount as SharedPath, PortBinding, Role, Storage, Traced};
use indexmap::IndexMap;

pub(crate) use self::helpers::{helper_mounts, pod_config, sidecar_config, watcher_config};
use crate::{Bind, EngineSocket, LocalPluginImage, RunConfig, VolumeMount, labels::StageLabels, names::object_name};

/// Where the engine's socket is in containers.
const ENGINE_SOCKET: &str = "/var/run/docker.sock";

/// The file in the run's private directory that replaces `/etc/resolv.conf` in the containers of a network.
pub(crate) fn resolv_conf(network: &str) -> String {
    format!("{network}.resolv.conf")
}

/// The settings that all containers of a stage share.
#[derive(Debug, Clone)]
pub(crate) struct HostInfo {
    /// The network's name, and the prefix of the stage's other objects.
    pub(crate) name: String,
    pub(crate) labels: StageLabels,
    pub(crate) binds: Vec<Bind>,
    /// See [`RunConfig::absent_files`].
    pub(crate) absent_files: BTreeSet<String>,
    pub(crate) shared: Vec<SharedVolume>,
    pub(crate) network: Network,
    /// The path, on the engine's machine, of the socket that steps get, if they get one.
    pub(crate) engine_socket: Option<PathBuf>,
    pub(crate) publish_address: IpAddr,
    /// The local replacement for the programs of some images.
    pub(crate) local_plugin: LocalPluginImage,
}

/// A volume in all containers of a stage.
#[derive(Debug, Clone)]
pub(crate) struct SharedVolume {
    pub(crate) mount: VolumeMount,
    pub(crate) storage: Storage,
}

/// How the containers of steps can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// Each has its own address and names.
    Bridge,
    /// All share the namespace of the pod.
    Pod,
}

impl HostInfo {
    pub(crate) fn new(
        config: &RunConfig,
        name: String,
        labels: StageLabels,
        workspace: Bind,
        shared_paths: &[Traced<SharedPath>],
        network: Network,
        socket: PathBuf,
    ) -> Self {
        let run_dir = Bind { source: config.run_dir.clone(), target: RunConfig::RUN_DIR.to_owned(), read_only: false };
        let mut binds = vec![workspace, run_dir];
        binds.extend(config.files.iter().cloned());
        if config.resolver.is_some() {
            // The engine's own file would name the machine's name servers.
            let source = config.private_dir.join(resolv_conf(&name));
            binds.push(Bind { source, target: "/etc/resolv.conf".to_owned(), read_only: true });
        }
        let shared = shared_paths
            .iter()
            .enumerate()
            .map(|(index, path)| {
                let name = object_name(&name, &format!("shared-{index}"));
                SharedVolume {
                    mount: VolumeMount { name, target: path.value.path.clone() },
                    storage: path.value.storage,
                }
            })
            .collect();
        let engine_socket = match &config.engine_socket {
            EngineSocket::AsPlanned => Some(socket),
            EngineSocket::Proxied(proxy) => Some(proxy.socket()),
            EngineSocket::Refused => None,
        };
        Self {
            name,
            labels,
            binds,
            absent_files: config.absent_files.clone(),
            shared,
            network,
            engine_socket,
            publish_address: config.publish_address,
            local_plugin: config.local_plugin.clone(),
        }
    }

    /// The name of the pod's container.
    pub(crate) fn pod_name(&self) -> String {
        object_name(&self.name, "pod")
    }
}

/// Describes the container of a step or service.
pub(crate) fn container_config(step: &ReadyStep, container: &ReadyContainer, host: &HostInfo) -> ContainerCreateBody {
    let role = match step.role {
        Role::Foreground => "step",
        Role::Service => "service",
    };
    let mut mounts: Vec<Mount> = host.shared.iter().map(|volume| volume_mount(&volume.mount)).collect();
    mounts.extend(host.binds.iter().map(bind_mount));
    if let (true, Some(socket)) = (container.engine_socket, &host.engine_socket) {
        let bind = Bind { source: socket.clone(), target: ENGINE_SOCKET.to_owned(), read_only: false };
        mounts.push(bind_mount(&bind));
    }
    let (image, entrypoint) = match &container.local_plugin {
        Some(local_plugin) => {
            mounts.extend(host.local_plugin.binds.iter().map(bind_mount));
            let argv = host.local_plugin.command.iter().chain(&local_plugin.words).cloned().collect();
            (host.local_plugin.image.reference.clone(), Some(argv))
        }
        None => (container.image.clone(), container.entrypoint.clone()),
    };
    let memory = container.memory_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    let mut host_config = HostConfig {
        mounts: Some(mounts),
        privileged: Some(container.privileged),
        memory,
        // As in a pod, swap does not extend the limit.
        memory_swap: memory,
        nano_cpus: container.nano_cpus.map(|cpus| i64::try_from(cpus).unwrap_or(i64::MAX)),
        init: Some(false),
        ..HostConfig::default()
    };
    let mut body = ContainerCreateBody {
        image: Some(image),
        entrypoint,
        cmd: container.command.clone(),
        env: Some(pairs(step_env(&container.env, &host.absent_files))),
        user: container.user.clone(),
        working_dir: Some(container.working_dir.clone()),
        tty: Some(false),
        labels: Some(host.labels.of(role, Some(step.path.as_str()))),
        ..ContainerCreateBody::default()
    };
    match host.network {
        // Aliases and ports belong to the pod.
        Network::Pod => host_config.network_mode = Some(format!("container:{}", host.pod_name())),
        Network::Bridge => {
            join_network(&mut body, &mut host_config, &host.name, &container.aliases);
            publish(&mut body, &mut host_config, &container.ports, host.publish_address);
        }
    }
    body.host_config = Some(host_config);
    body
}

/// The options with which the engine creates a shared volume; none for one on disk.
pub(crate) fn volume_options(storage: Storage) -> Option<HashMap<String, String>> {
    match storage {
        Storage::Disk => None,
        Storage::Memory { limit_bytes } => {
            let size = limit_bytes.map(|bytes| format!(",size={bytes}")).unwrap_or_default();
            let options =
                [("type", "tmpfs".to_owned()), ("device", "tmpfs".to_owned()), ("o", format!("mode=1777{size}"))];
            Some(options.map(|(key, value)| (key.to_owned(), value)).into())
        }
    }
}

/// A step's environment without the variables that name a missing file: their readers would fail.
pub(crate) fn step_env(env: &IndexMap<String, String>, absent: &BTreeSet<String>) -> Vec<(String, String)> {
    let there = env.iter().filter(|(_, value)| !absent.contains(*value));
    there.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Variables in the engine's form.
pub(crate) fn pairs(env: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    env.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// The environment in the engine's form.
pub(crate) fn env_list(env: &IndexMap<String, String>) -> Vec<String> {
    env.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// Names given at creation save a later request to connect.
fn join_network(body: &mut ContainerCreateBody, host_config: &mut HostConfig, network: &str, aliases: &[String]) {
    host_config.network_mode = Some(network.to_owned());
    let endpoint = EndpointSettings { aliases: Some(aliases.to_vec()), ..EndpointSettings::default() };
    let endpoints = HashMap::from([(network.to_owned(), endpoint)]);
    body.networking_config = Some(NetworkingConfig { endpoints_config: Some(endpoints) });
}

/// Publishes ports on `address`; host port 0 lets the engine choose.
pub(crate) fn publish(
    body: &mut ContainerCreateBody,
    host_config: &mut HostConfig,
    ports: &[PortBinding],
    address: IpAddr,
) {
    if ports.is_empty() {
        return;
    }
    let mut map = PortMap::new();
    for port in ports {
        let host_port = if port.host == 0 { String::new() } else { port.host.to_string() };
        let binding = EnginePort { host_ip: Some(address.to_string()), host_port: Some(host_port) };
        map.entry(port_key(port.container)).or_default().get_or_insert_default().push(binding);
    }
    let mut exposed: Vec<String> = map.keys().cloned().collect();
    exposed.sort();
    body.exposed_ports = Some(exposed);
    host_config.port_bindings = Some(map);
}

/// A port in the engine's form.
fn port_key(port: u16) -> String {
    format!("{port}/tcp")
}

fn bind_mount(bind: &Bind) -> Mount {
    Mount {
        target: Some(bind.target.clone()),
        source: Some(bind.source.display().to_string()),
        typ: Some(MountType::BIND),
        read_only: Some(bind.read_only),
        ..Mount::default()
    }
}

fn volume_mount(volume: &VolumeMount) -> Mount {
    Mount {
        target: Some(volume.target.clone()),
        source: Some(volume.name.clone()),
        typ: Some(MountType::VOLUME),
        ..Mount::default()
    }
}

#[cfg(test)]
mod tests;
