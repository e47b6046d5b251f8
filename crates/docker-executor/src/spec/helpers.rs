//! The descriptions of helper containers.

use std::net::IpAddr;

use bollard::models::{ContainerCreateBody, HostConfig, Mount};
use cirun_plan::{PortBinding, Storage};

use super::{HostInfo, bind_mount, env_list, join_network, publish, volume_mount};
use crate::{Bind, PodImage, Sidecar, VolumeMount, WatcherImage};

/// Describes the container that holds the pod's namespace: the names of services resolve to it, and it publishes their
/// ports.
pub(crate) fn pod_config(
    pod: &PodImage,
    service_names: &[String],
    ports: &[PortBinding],
    host: &HostInfo,
) -> ContainerCreateBody {
    // Memory keeps files while a container has the volume, and steps run one after the other.
    let in_memory = host.shared.iter().filter(|volume| volume.storage != Storage::Disk);
    let mut host_config = HostConfig {
        mounts: Some(in_memory.map(|volume| volume_mount(&volume.mount)).collect()),
        extra_hosts: Some(service_names.iter().map(|name| format!("{name}:127.0.0.1")).collect()),
        ..HostConfig::default()
    };
    let mut body = ContainerCreateBody {
        image: Some(pod.image.reference.clone()),
        entrypoint: Some(pod.command.clone()),
        labels: Some(host.labels.of("pod", None)),
        ..ContainerCreateBody::default()
    };
    join_network(&mut body, &mut host_config, &host.name, &pod.aliases);
    publish(&mut body, &mut host_config, ports, host.publish_address);
    body.host_config = Some(host_config);
    body
}

/// Describes the container that watches the ports of another one.
pub(crate) fn watcher_config(watcher: &WatcherImage, watched: &str, host: &HostInfo) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(watcher.image.reference.clone()),
        entrypoint: Some(watcher.command.clone()),
        labels: Some(host.labels.of("watcher", None)),
        host_config: Some(HostConfig { network_mode: Some(format!("container:{watched}")), ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    }
}

/// Describes the container of a sidecar.
pub(crate) fn sidecar_config(sidecar: &Sidecar, host: &HostInfo) -> ContainerCreateBody {
    let name_servers: Vec<String> = sidecar.name_servers.iter().map(ToString::to_string).collect();
    let mut host_config = HostConfig {
        mounts: Some(helper_mounts(&sidecar.binds, &sidecar.volumes)),
        dns: (!name_servers.is_empty()).then_some(name_servers),
        ..HostConfig::default()
    };
    let mut body = ContainerCreateBody {
        image: Some(sidecar.image.reference.clone()),
        entrypoint: Some(sidecar.command.clone()),
        env: Some(env_list(&sidecar.env)),
        labels: Some(host.labels.of("sidecar", None)),
        ..ContainerCreateBody::default()
    };
    join_network(&mut body, &mut host_config, &host.name, &sidecar.aliases);
    publish(&mut body, &mut host_config, &sidecar.ports, IpAddr::from([127, 0, 0, 1]));
    body.host_config = Some(host_config);
    body
}

/// The mounts of a helper container.
pub(crate) fn helper_mounts(binds: &[Bind], volumes: &[VolumeMount]) -> Vec<Mount> {
    volumes.iter().map(volume_mount).chain(binds.iter().map(bind_mount)).collect()
}
