//! The objects of cirun on the engine: found, assessed and removed by their labels alone.

use std::collections::HashMap;

use bollard::{
    errors::Error,
    models::NetworkDisconnectRequest,
    query_parameters::{
        ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder,
    },
};
use cirun_engine::{BackendError, Cleaned, Inventory, ObjectKind, OwnedObject, Owner, Selection};
use futures_util::future::join_all;

use crate::{
    Engine,
    error::{engine_error, explain, is_being_removed, is_missing, status},
    labels,
};

impl Inventory for Engine {
    async fn list_owned(&self) -> Result<Vec<OwnedObject>, BackendError> {
        self.list_labelled(&labels::filter(&[labels::ROLE.to_owned()])).await
    }

    async fn clean(&self, selection: &Selection, me: &Owner, dry_run: bool) -> Result<Cleaned, BackendError> {
        let mut objects = self.list_owned().await?;
        objects.retain(|object| selection.covers(object, me));
        if dry_run {
            return Ok(Cleaned { removed: objects, failed: Vec::new() });
        }
        Ok(self.remove_objects(objects).await)
    }
}

fn owned(kind: ObjectKind, name: String, labels: &HashMap<String, String>, state: Option<String>) -> OwnedObject {
    OwnedObject {
        kind,
        name,
        run: labels.get(labels::RUN).cloned(),
        role: labels.get(labels::ROLE).cloned().unwrap_or_default(),
        owner: labels::owner_of(labels),
        kept: labels.contains_key(labels::KEPT),
        state,
    }
}

impl Engine {
    pub(crate) async fn list_labelled(
        &self,
        filter: &HashMap<String, Vec<String>>,
    ) -> Result<Vec<OwnedObject>, BackendError> {
        let failed = |error| engine_error("list what cirun owns", &error);
        let (containers, volumes, networks) = tokio::join!(
            self.docker.list_containers(Some(ListContainersOptionsBuilder::new().all(true).filters(filter).build())),
            self.docker.list_volumes(Some(ListVolumesOptionsBuilder::new().filters(filter).build())),
            self.docker.list_networks(Some(ListNetworksOptionsBuilder::new().filters(filter).build())),
        );
        let mut objects = Vec::new();
        for container in containers.map_err(failed)? {
            let name = container.names.unwrap_or_default().into_iter().next().or(container.id).unwrap_or_default();
            let name = name.trim_start_matches('/').to_owned();
            let state = container.state.map(|state| state.to_string());
            objects.push(owned(ObjectKind::Container, name, &container.labels.unwrap_or_default(), state));
        }
        for volume in volumes.map_err(failed)?.volumes.unwrap_or_default() {
            objects.push(owned(ObjectKind::Volume, volume.name, &volume.labels, None));
        }
        for network in networks.map_err(failed)? {
            let name = network.name.or(network.id).unwrap_or_default();
            objects.push(owned(ObjectKind::Network, name, &network.labels.unwrap_or_default(), None));
        }
        objects.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        Ok(objects)
    }

    /// Removes the objects of one kind at a time: volumes and networks are free only once no container uses them.
    pub(crate) async fn remove_objects(&self, objects: Vec<OwnedObject>) -> Cleaned {
        let mut cleaned = Cleaned::default();
        for kind in [ObjectKind::Container, ObjectKind::Volume, ObjectKind::Network] {
            let of_kind = objects.iter().filter(|object| object.kind == kind);
            let results =
                join_all(of_kind.map(|object| async move { (object, self.remove_object(object).await) })).await;
            for (object, result) in results {
                match result {
                    Ok(()) => cleaned.removed.push(object.clone()),
                    Err(error) => cleaned.failed.push((object.clone(), explain(&error))),
                }
            }
        }
        cleaned
    }

    async fn remove_object(&self, object: &OwnedObject) -> Result<(), Error> {
        let removed = match object.kind {
            ObjectKind::Container => self.remove(&object.name).await,
            ObjectKind::Volume => {
                let options = RemoveVolumeOptionsBuilder::new().force(true).build();
                self.docker.remove_volume(&object.name, Some(options)).await
            }
            ObjectKind::Network => self.remove_network(&object.name).await,
        };
        match removed {
            Err(error) if is_missing(&error) || is_being_removed(&error) => Ok(()),
            other => other,
        }
    }

    /// A network with containers in it cannot be removed; the remaining containers do not belong to its stage.
    async fn remove_network(&self, name: &str) -> Result<(), Error> {
        match self.docker.remove_network(name).await {
            Err(error) if status(&error) == Some(403) => {
                let network = self.docker.inspect_network(name, None).await?;
                for container in network.containers.unwrap_or_default().into_keys() {
                    let request = NetworkDisconnectRequest { container, force: Some(true) };
                    // The removal that follows shows whether it worked.
                    drop(self.docker.disconnect_network(name, request).await);
                }
                self.docker.remove_network(name).await
            }
            other => other,
        }
    }
}
