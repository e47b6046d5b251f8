//! Containers that belong to the machine rather than to a run: they continue between runs and restart with the engine.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use bollard::{
    errors::Error,
    models::{ContainerCreateBody, HostConfig, RestartPolicy, RestartPolicyNameEnum, VolumeCreateRequest},
};
use cirun_engine::BackendError;
use cirun_plan::PortBinding;
use indexmap::IndexMap;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use crate::{
    Bind, Engine, HelperImage, ReadyLine, VolumeMount,
    error::{engine_error, is_being_removed, is_missing, is_port_taken, status},
    labels,
    spec::{env_list, helper_mounts, publish},
};

/// How long another container that is being removed may still have the name.
const RACE: Duration = Duration::from_secs(20);
/// How many ports after the requested one to try.
const NEXT_PORTS: u16 = 100;
/// The pause before the next check.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A container that belongs to the machine (for example the local registry).
#[derive(Debug, Clone)]
pub struct MachineService {
    /// The container's name.
    pub name: String,
    /// Its value of the label `cirun.role`.
    pub role: String,
    /// Its image.
    pub image: HelperImage,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Environment.
    pub env: IndexMap<String, String>,
    /// Host paths.
    pub binds: Vec<Bind>,
    /// Its volumes; they outlive it.
    pub volumes: Vec<VolumeMount>,
    /// Ports published on loopback. The host port is a preference: if it is in use, the next free one is taken, see
    /// [`RunningService::ports`]; 0 lets the engine choose.
    pub ports: Vec<PortBinding>,
    /// The condition to wait for.
    pub ready: Option<ReadyLine>,
}

/// A running machine service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningService {
    /// The container's id.
    pub id: String,
    /// Its published ports.
    pub ports: Vec<PortBinding>,
}

impl Engine {
    /// Ensures that a machine service runs as described: creates it, starts it, or replaces one with another
    /// description (its volumes stay).
    ///
    /// # Errors
    /// Those of [`Engine::ensure_helper_image`], and [`BackendError::Engine`] if it cannot be started or does not
    /// become ready.
    pub async fn ensure_machine_service(&self, service: &MachineService) -> Result<RunningService, BackendError> {
        self.ensure_helper_image(&service.image).await?;
        let spec = fingerprint(service);
        let id = self.start_service_container(service, &spec).await?;
        if let Some(ready) = &service.ready {
            self.wait_ready(&id, &service.name, ready).await?;
        }
        let ports = self.published_ports(&id).await?;
        Ok(RunningService { id, ports })
    }

    /// Starts the container with that description. If its ports are in use, the next ones are tried: explicitly,
    /// because the engine would choose new ones at each restart, and published addresses would no longer work.
    async fn start_service_container(&self, service: &MachineService, spec: &str) -> Result<String, BackendError> {
        let failed = |error| engine_error(format!("start `{}`", service.name), &error);
        let gone = |error: &Error| is_missing(error) || is_being_removed(error);
        let deadline = Instant::now() + RACE;
        let mut step = 0;
        loop {
            let beside = |port: &PortBinding| PortBinding { host: port.host.saturating_add(step), ..*port };
            let ports = service.ports.iter().map(beside).collect();
            let id = self.service_container(&MachineService { ports, ..service.clone() }, spec).await?;
            match self.docker.start_container(&id, None).await {
                Err(error) if is_port_taken(&error) && step < NEXT_PORTS => {
                    step += 1;
                    match self.remove(&id).await {
                        Err(error) if gone(&error) => {}
                        removed => removed.map_err(failed)?,
                    }
                }
                // Another run, of another build, has replaced it meanwhile.
                Err(error) if gone(&error) && Instant::now() < deadline => sleep(LOOK_AGAIN).await,
                started => return started.map(|()| id).map_err(failed),
            }
        }
    }

    /// The container with that description, running or not; one with another description is replaced. Several runs may
    /// do this at once: the later one looks again.
    async fn service_container(&self, service: &MachineService, spec: &str) -> Result<String, BackendError> {
        let failed = |error| engine_error(format!("set up `{}`", service.name), &error);
        let deadline = Instant::now() + RACE;
        loop {
            match self.docker.inspect_container(&service.name, None).await {
                Ok(found) => {
                    let mut labels = found.config.and_then(|config| config.labels).unwrap_or_default();
                    let label = labels.remove(labels::SPEC);
                    if labels.get(labels::ROLE) != Some(&service.role) || labels.contains_key(labels::RUN) {
                        return Err(foreign("container", &service.name));
                    }
                    let id = found.id.unwrap_or_else(|| service.name.clone());
                    if label.as_deref() == Some(spec) {
                        return Ok(id);
                    }
                    // By its id: the name may already belong to its successor.
                    match self.remove(&id).await {
                        Err(error) if is_missing(&error) || is_being_removed(&error) => {}
                        removed => removed.map_err(failed)?,
                    }
                }
                Err(error) if is_missing(&error) => {
                    for volume in &service.volumes {
                        self.ensure_volume(&volume.name, &service.role).await?;
                    }
                    match self.create(&service.name, service_config(service, spec), None).await {
                        Err(error) if status(&error) == Some(409) && Instant::now() < deadline => {}
                        created => return created.map_err(failed),
                    }
                }
                Err(error) => return Err(failed(error)),
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Ensures that a volume of the machine exists. The engine would create it with its container, but without the
    /// label by which cirun finds it again; an existing volume keeps its labels.
    ///
    /// # Errors
    /// [`BackendError::Engine`], also if a volume of that name does not belong to cirun's machine services.
    pub(crate) async fn ensure_volume(&self, name: &str, role: &str) -> Result<(), BackendError> {
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            labels: Some(HashMap::from([(labels::ROLE.to_owned(), role.to_owned())])),
            ..VolumeCreateRequest::default()
        };
        let failed = |error| engine_error(format!("create the volume `{name}`"), &error);
        self.docker.create_volume(request).await.map_err(failed)?;
        // If the name is in use, the engine returns the existing volume, but without its labels if it has been restarted
        // and no container has the volume.
        let volume = self.docker.inspect_volume(name).await.map_err(failed)?;
        match volume.labels.contains_key(labels::ROLE) && !volume.labels.contains_key(labels::RUN) {
            true => Ok(()),
            false => Err(foreign("volume", name)),
        }
    }
}

/// The error for an object of another owner with the name of a machine service.
fn foreign(kind: &str, name: &str) -> BackendError {
    BackendError::Engine {
        what: format!("set up `{name}`"),
        reason: format!("a {kind} of this name does not belong to cirun: rename it, or set `registry` to another name"),
    }
}

fn service_config(service: &MachineService, spec: &str) -> ContainerCreateBody {
    let mut host_config = HostConfig {
        mounts: Some(helper_mounts(&service.binds, &service.volumes)),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
            maximum_retry_count: None,
        }),
        ..HostConfig::default()
    };
    let labels = [(labels::ROLE, service.role.as_str()), (labels::SPEC, spec)];
    let mut body = ContainerCreateBody {
        image: Some(service.image.reference.clone()),
        entrypoint: Some(service.command.clone()),
        env: Some(env_list(&service.env)),
        labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
        ..ContainerCreateBody::default()
    };
    publish(&mut body, &mut host_config, &service.ports, IpAddr::from([127, 0, 0, 1]));
    body.host_config = Some(host_config);
    body
}

/// A hash that identifies a description, because the environment may have secrets.
fn fingerprint(service: &MachineService) -> String {
    let MachineService { name: _, role, image, command, env, binds, volumes, ports, ready: _ } = service;
    let text = format!("{role} {} {command:?} {env:?} {binds:?} {volumes:?} {ports:?}", image.reference);
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_follows_the_description() {
        let service = MachineService {
            name: "cirun-registry".into(),
            role: "registry".into(),
            image: HelperImage { reference: "cirun.local/cirun:1".into(), rootfs: None, changes: Vec::new() },
            command: vec!["/cirun".into()],
            env: IndexMap::new(),
            binds: Vec::new(),
            volumes: Vec::new(),
            ports: vec![PortBinding { host: 5555, container: 5000 }],
            ready: None,
        };
        let renamed = MachineService { name: "other".into(), ..service.clone() };
        assert_eq!(fingerprint(&service), fingerprint(&renamed));
        let moved = MachineService { ports: vec![PortBinding { host: 5556, container: 5000 }], ..service.clone() };
        assert_ne!(fingerprint(&service), fingerprint(&moved));
    }
}
