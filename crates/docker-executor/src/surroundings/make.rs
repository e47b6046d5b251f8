//! Creates the network, the volumes and the pod.

use std::{collections::BTreeSet, sync::Arc};

use bollard::models::{NetworkCreateRequest, VolumeCreateRequest};
use cirun_engine::BackendError;
use cirun_plan::{Action, PlannedStage};
use futures_util::future::try_join_all;

use super::Surroundings;
use crate::{
    Egress,
    error::engine_error,
    labels,
    shared::Shared,
    spec::{Network, pod_config, volume_options},
};

impl Surroundings {
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
