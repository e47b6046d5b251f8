//! What runs of cirun own on the engine: found, judged and removed by its labels alone.

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
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The run, unless it is the machine's.
    pub run: Option<String>,
    /// What it is for (`step`, `service`, `registry`, …).
    pub role: String,
    /// Who made it.
    pub owner: Owner,
    /// It is to stay when its run has ended.
    pub kept: bool,
    /// Its state in the engine's words; containers only.
    pub state: Option<String>,
}

/// The kinds of objects, in the order in which they can be removed.
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
    /// Those of runs whose process has ended, but for what they were to keep.
    DeadRuns,
    /// Those of all runs but the ones that are known to be under way.
    EndedRuns,
    /// All, the machine's services and their volumes included.
    Everything,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Removed, or to be removed in a dry run.
    pub removed: Vec<OwnedObject>,
    /// Not removed, and why.
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

    /// Whether the run that it belongs to still lives, as seen from the process `me`; the machine's objects have no run.
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
    /// Everything that cirun owns on the engine, sorted by kind and name.
    ///
    /// # Errors
    /// [`BackendError::Engine`] when the engine does not answer.
    pub async fn list_owned(&self) -> Result<Vec<OwnedObject>, BackendError> {
        self.list_labelled(&labels::filter(&[labels::ROLE.to_owned()])).await
    }

    /// Removes what `selection` names. What is gone already counts as removed.
    ///
    /// # Errors
    /// [`BackendError::Engine`] when the engine does not answer; an object that cannot be removed is no error.
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

    /// Removes objects, those of one kind at once: volumes and networks are free only when no container uses them.
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

    /// A network with containers on it cannot be removed; those that are left are not its stage's own.
    async fn remove_network(&self, name: &str) -> Result<(), Error> {
        match self.docker.remove_network(name).await {
            Err(error) if status(&error) == Some(403) => {
                let network = self.docker.inspect_network(name, None).await?;
                for container in network.containers.unwrap_or_default().into_keys() {
                    let request = NetworkDisconnectRequest { container, force: Some(true) };
                    // The removal that follows tells whether it worked.
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
