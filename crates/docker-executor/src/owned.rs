//! The objects of cirun on the engine: found, assessed and removed by their labels alone.

use std::collections::HashMap;

use bollard::{
    errors::Error,
    models::NetworkDisconnectRequest,
    query_parameters::{
        ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder,
    },
};
use cirun_engine::BackendError;
use futures_util::future::join_all;

use crate::{
    Engine, Liveness, Owner,
    error::{engine_error, explain, is_being_removed, is_missing, status},
    labels,
};

/// An object of cirun on the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedObject {
    /// The kind of object.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The run, unless it is the machine's.
    pub run: Option<String>,
    /// Its purpose (`step`, `service`, `registry`, …).
    pub role: String,
    /// The process that created it.
    pub owner: Owner,
    /// Whether it stays when its run has ended.
    pub kept: bool,
    /// Its state, as the engine calls it; containers only.
    pub state: Option<String>,
}

/// The kinds of objects, in the order of removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A container.
    Container,
    /// A volume.
    Volume,
    /// A network.
    Network,
}

/// Which objects to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Those of one run.
    Run(String),
    /// Those with this role: a machine service and its volumes.
    Role(String),
    /// Those of runs whose process has ended, except what they were to keep.
    DeadRuns,
    /// Those of all runs except the ones that are known to be running.
    EndedRuns,
    /// All, including the machine's services and their volumes.
    Everything,
}

/// The result of a cleanup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Removed, or to be removed in a dry run.
    pub removed: Vec<OwnedObject>,
    /// Not removed, with the reason.
    pub failed: Vec<(OwnedObject, String)>,
}

impl OwnedObject {
    fn new(kind: ObjectKind, name: String, labels: &HashMap<String, String>, state: Option<String>) -> Self {
        Self {
            kind,
            name,
            run: labels.get(labels::RUN).cloned(),
            role: labels.get(labels::ROLE).cloned().unwrap_or_default(),
            owner: labels::owner_of(labels),
            kept: labels.contains_key(labels::KEPT),
            state,
        }
    }

    /// Whether its run is still alive, as seen from the process `me`; the machine's objects have no run.
    pub fn liveness(&self, me: &Owner) -> Liveness {
        if self.run.is_some() { self.owner.liveness(me) } else { Liveness::Unknown }
    }

    fn is_selected(&self, selection: &Selection, me: &Owner) -> bool {
        match selection {
            Selection::Run(run) => self.run.as_ref() == Some(run),
            Selection::Role(role) => &self.role == role,
            Selection::DeadRuns => !self.kept && self.liveness(me) == Liveness::Dead,
            Selection::EndedRuns => self.run.is_some() && self.liveness(me) != Liveness::Alive,
            Selection::Everything => true,
        }
    }
}

impl Engine {
    /// All objects of cirun on the engine, sorted by kind and name.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if the engine does not respond.
    pub async fn list_owned(&self) -> Result<Vec<OwnedObject>, BackendError> {
        self.list_labelled(&labels::filter(&[labels::ROLE.to_owned()])).await
    }

    /// Removes what `selection` names. An object that is already gone is listed as removed.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if the engine does not respond; an object that cannot be removed is not an error.
    pub async fn clean(&self, selection: &Selection, me: &Owner, dry_run: bool) -> Result<Cleaned, BackendError> {
        let mut objects = self.list_owned().await?;
        objects.retain(|object| object.is_selected(selection, me));
        if dry_run {
            return Ok(Cleaned { removed: objects, failed: Vec::new() });
        }
        Ok(self.remove_objects(objects).await)
    }

    /// Removes what killed runs of this machine left: [`Selection::DeadRuns`].
    ///
    /// # Errors
    /// As [`Engine::clean`].
    pub async fn reap_dead_runs(&self, me: &Owner) -> Result<Cleaned, BackendError> {
        self.clean(&Selection::DeadRuns, me, false).await
    }

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
            objects.push(OwnedObject::new(ObjectKind::Container, name, &container.labels.unwrap_or_default(), state));
        }
        for volume in volumes.map_err(failed)?.volumes.unwrap_or_default() {
            objects.push(OwnedObject::new(ObjectKind::Volume, volume.name, &volume.labels, None));
        }
        for network in networks.map_err(failed)? {
            let name = network.name.or(network.id).unwrap_or_default();
            objects.push(OwnedObject::new(ObjectKind::Network, name, &network.labels.unwrap_or_default(), None));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn object(run: Option<&str>, boot: &str) -> OwnedObject {
        let owner = Owner { host: "box".into(), boot_id: boot.into(), pid: 1, started: "1".into() };
        OwnedObject {
            kind: ObjectKind::Container,
            name: "c".into(),
            run: run.map(str::to_owned),
            role: "step".into(),
            owner,
            kept: false,
            state: None,
        }
    }

    #[test]
    fn selections() {
        let me = Owner { host: "box".into(), boot_id: "now".into(), pid: 2, started: "2".into() };
        let kept = OwnedObject { kept: true, ..object(Some("r3"), "before") };
        let living = OwnedObject { owner: Owner::current(), ..object(Some("r4"), "") };
        let objects = [object(Some("r1"), "before"), object(Some("r2"), ""), object(None, "before"), kept, living];
        let table = |selection: &Selection| objects.each_ref().map(|object| object.is_selected(selection, &me));
        assert_eq!(table(&Selection::Run("r2".into())), [false, true, false, false, false]);
        assert_eq!(table(&Selection::Role("step".into())), [true, true, true, true, true]);
        assert_eq!(table(&Selection::DeadRuns), [true, false, false, false, false]);
        assert_eq!(table(&Selection::Everything), [true, true, true, true, true]);
        let alive_here = Owner::current().liveness(&Owner::current()) == Liveness::Alive;
        let ended = objects.each_ref().map(|object| object.is_selected(&Selection::EndedRuns, &Owner::current()));
        assert_eq!(ended, [true, true, false, true, !alive_here]);
    }
}
