//! The surroundings of the containers of a stage or a containerised step group: network, shared volumes, pod.

use std::{collections::BTreeSet, sync::Arc};

use bollard::models::{NetworkCreateRequest, VolumeCreateRequest};
use cirun_engine::BackendError;
use cirun_plan::{Action, ContainerisedGroup, Mount, NetworkModel, PlannedStage, Profile, StepPath, Traced};
use futures_util::future::try_join_all;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::{
    Egress,
    backend::Shared,
    error::engine_error,
    labels::{self, StageLabels},
    names::object_name,
    spec::{HostInfo, Network, pod_config, volume_options},
};

/// The surroundings of some of a stage's containers.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The step group that they belong to; `None` for the stage's own.
    pub(crate) group: Option<StepPath>,
    pub(crate) host: HostInfo,
    /// Fires when they are being removed: the ends of services are expected then.
    pub(crate) ending: CancellationToken,
    /// Set once every user may write to the shared volumes.
    pub(crate) volumes_opened: OnceCell<()>,
    /// The pod's container.
    pub(crate) pod: OnceCell<String>,
}

impl Surroundings {
    /// The surroundings of the stage itself.
    pub(crate) fn of_stage(shared: &Shared, planned: &PlannedStage, name: String, ending: CancellationToken) -> Self {
        let labels = StageLabels::new(&shared.config.run_id, &planned.id.0, &shared.config.owner, shared.config.keep);
        let host = host(shared, planned, name, labels, planned.profile.value, &planned.shared_paths);
        Self { group: None, host, ending, volumes_opened: OnceCell::new(), pod: OnceCell::new() }
    }

    /// The surroundings of a step group, in addition to the stage's.
    pub(crate) fn of_group(shared: &Shared, planned: &PlannedStage, group: &ContainerisedGroup, stage: &Self) -> Self {
        let name = object_name(&stage.host.name, group.path.as_str());
        let labels = stage.host.labels.of_group(group.path.as_str());
        let host = host(shared, planned, name, labels, group.profile.value, &group.shared_paths);
        Self {
            group: Some(group.path.clone()),
            host,
            ending: stage.ending.child_token(),
            volumes_opened: OnceCell::new(),
            pod: OnceCell::new(),
        }
    }

    /// Creates the network and the volumes.
    pub(crate) async fn make(&self, shared: &Arc<Shared>) -> Result<(), BackendError> {
        let (network, volumes) = tokio::join!(self.make_network(shared), self.make_volumes(shared));
        network.and(volumes)
    }

    async fn make_network(&self, shared: &Shared) -> Result<(), BackendError> {
        let name = &self.host.name;
        let what = || format!("create the network `{name}`");
        let request = NetworkCreateRequest {
            name: name.clone(),
            driver: Some("bridge".to_owned()),
            internal: Some(shared.config.egress == Egress::Closed),
            labels: Some(self.host.labels.of("network", None)),
            ..NetworkCreateRequest::default()
        };
        let docker = shared.engine.docker.clone();
        let made = shared.make(async move { docker.create_network(request).await }).await;
        made.map(drop).map_err(|error| engine_error(what(), &error))
    }

    /// The engine would create the volumes with the first container, but without labels.
    async fn make_volumes(&self, shared: &Shared) -> Result<(), BackendError> {
        let volumes = self.host.shared.iter().map(|volume| async {
            let request = VolumeCreateRequest {
                name: Some(volume.mount.name.clone()),
                driver_opts: volume_options(volume.storage),
                labels: Some(self.host.labels.of("shared", None)),
                ..VolumeCreateRequest::default()
            };
            let what = || format!("create the volume `{}`", volume.mount.name);
            let docker = shared.engine.docker.clone();
            let made = shared.make(async move { docker.create_volume(request).await }).await;
            let made = made.map_err(|error| engine_error(what(), &error))?;
            // If the name is in use, the engine returns the existing volume.
            match made.labels.get(labels::RUN) == Some(&shared.config.run_id) {
                true => Ok(()),
                false => Err(BackendError::Engine {
                    what: what(),
                    reason: "a volume of this name does not belong to this run: rename it".to_owned(),
                }),
            }
        });
        try_join_all(volumes).await.map(drop)
    }

    /// Starts the container that holds the pod's namespace, if there is a pod; its image is already available.
    pub(crate) async fn start_pod(&self, shared: &Shared, planned: &PlannedStage) -> Result<(), BackendError> {
        if self.host.network == Network::Bridge {
            return Ok(());
        }
        let (mut names, mut ports) = (BTreeSet::new(), Vec::new());
        let mine = planned.services().filter(|service| {
            planned.containerised_around(&service.path).map(|group| &group.path) == self.group.as_ref()
        });
        for service in mine {
            if let Action::Container(container) = &service.action {
                names.extend(container.aliases.iter().map(|alias| alias.value.clone()));
                ports.extend(container.ports.iter().map(|port| port.value));
            }
        }
        let names: Vec<String> = names.into_iter().collect();
        let body = pod_config(&shared.config.pod, &names, &ports, &self.host);
        let id = shared.create(self.host.pod_name(), body, None).await;
        let id = id.map_err(|error| engine_error("create the pod", &error))?;
        shared.engine.docker.start_container(&id, None).await.map_err(|error| engine_error("start the pod", &error))?;
        drop(self.pod.set(id));
        Ok(())
    }
}

fn host(
    shared: &Shared,
    planned: &PlannedStage,
    name: String,
    labels: StageLabels,
    profile: Profile,
    shared_paths: &[Traced<Mount>],
) -> HostInfo {
    let network = match profile.network() {
        NetworkModel::Bridge => Network::Bridge,
        NetworkModel::Pod => Network::Pod,
    };
    let socket = shared.engine.socket_path();
    let workspace = shared.config.workspace_of(&planned.id);
    let workspace = (&workspace, planned.workspace.as_str());
    HostInfo::new(&shared.config, name, labels, workspace, shared_paths, network, socket)
}
