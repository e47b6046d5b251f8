//! A running stage: its surroundings, images, sidecars and services.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use cirun_engine::{ReadyContainer, ReadyStep};
use cirun_plan::{PlannedStage, PortBinding, PullPolicy, StepPath};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    RunConfig,
    images::{ImageRequest, Needed},
    names::stage_name,
    service::StartedService,
    socket_proxy::NewNames,
    surroundings::Surroundings,
};

/// A running stage.
#[derive(Debug)]
pub(crate) struct RunningStage {
    pub(crate) id: String,
    /// The path of the workspace in its containers.
    pub(crate) workspace: String,
    /// Fires when the stage is being removed.
    pub(crate) ending: CancellationToken,
    /// The stage's own surroundings.
    pub(crate) own: Surroundings,
    /// The surroundings of its containerised step groups.
    pub(crate) groups: Vec<Surroundings>,
    /// Images that are available when the stage has started.
    verified: HashSet<String>,
    /// Those of them that are available so far.
    available: watch::Sender<HashSet<String>>,
    /// Steps whose image an earlier step of the run builds.
    from_run: HashSet<StepPath>,
    /// Host ports of sidecars, by name and container port.
    sidecar_ports: Mutex<HashMap<(String, u16), u16>>,
    /// Names that steps have given to images of the engine.
    new_names: Mutex<NewNames>,
    /// The services that have been started.
    services: Mutex<HashMap<StepPath, Arc<StartedService>>>,
}

impl RunningStage {
    /// A stage of which nothing exists yet. `socket` is the engine's, on the engine's machine.
    pub(crate) fn new(config: &RunConfig, socket: &Path, planned: &PlannedStage, requests: &[ImageRequest]) -> Self {
        let id = planned.id.to_string();
        let ending = CancellationToken::new();
        let name = stage_name(&config.run_id, &id);
        let own = Surroundings::of_stage(config, socket, planned, name, ending.clone());
        let groups = planned
            .containerised
            .iter()
            .map(|group| Surroundings::of_group(config, socket, planned, group, &own))
            .collect();
        Self {
            id,
            workspace: planned.workspace.clone(),
            ending,
            own,
            groups,
            verified: requests
                .iter()
                .filter(|request| request.needed == Needed::ByStage)
                .map(|request| request.image.clone())
                .collect(),
            available: watch::Sender::default(),
            from_run: planned.steps().iter().filter(|step| step.image_from_run).map(|step| step.path.clone()).collect(),
            sidecar_ports: Mutex::default(),
            new_names: Mutex::default(),
            services: Mutex::default(),
        }
    }

    /// Whether a step is one of its steps.
    pub(crate) fn has(&self, step: &StepPath) -> bool {
        step.full().strip_prefix(&self.id).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Records that an image is available.
    pub(crate) fn add_image(&self, image: &str) {
        self.available.send_if_modified(|available| available.insert(image.to_owned()));
    }

    /// Waits until an image of the stage is available.
    pub(crate) async fn await_image(&self, image: &str) {
        // The sender is in `self`, so the wait does not fail.
        drop(self.available.subscribe().wait_for(|available| available.contains(image)).await);
    }

    /// The surroundings of a step: its containerised group's, or the stage's.
    pub(crate) fn around(&self, step: &StepPath) -> &Surroundings {
        let groups =
            self.groups.iter().filter(|around| around.group.as_ref().is_some_and(|group| step.is_within(group)));
        groups.max_by_key(|around| around.group.as_ref().map(|group| group.ids().count())).unwrap_or(&self.own)
    }

    /// The surroundings of a containerised group.
    pub(crate) fn of_group(&self, group: &StepPath) -> Option<&Surroundings> {
        self.groups.iter().find(|around| around.group.as_ref() == Some(group))
    }

    /// The stage's own surroundings, and its groups'.
    pub(crate) fn all_surroundings(&self) -> impl Iterator<Item = &Surroundings> {
        std::iter::once(&self.own).chain(&self.groups)
    }

    /// Gets what a step still needs before it can run: an image whose name was not known or that was not available when
    /// the stage started. One that the run itself builds is looked up each time, because the engine's copy may be from
    /// an earlier run.
    pub(crate) fn image_to_get(&self, step: &ReadyStep, container: &ReadyContainer) -> Option<ImageRequest> {
        let from_run = self.from_run.contains(&step.path);
        if container.local_plugin.is_some() || (!from_run && self.verified.contains(&container.image)) {
            return None;
        }
        let pull = match container.pull {
            PullPolicy::IfNotPresent if from_run => PullPolicy::Always,
            written => written,
        };
        Some(ImageRequest {
            image: container.image.clone(),
            pull,
            auth: container.registry_auth.clone(),
            needed: Needed::ByStep,
        })
    }

    pub(crate) fn sidecar_port(&self, sidecar: &str, container_port: u16) -> Option<u16> {
        self.ports().get(&(sidecar.to_owned(), container_port)).copied()
    }

    pub(crate) fn publish_sidecar(&self, sidecar: &str, ports: &[PortBinding]) {
        self.ports().extend(ports.iter().map(|port| ((sidecar.to_owned(), port.container), port.host)));
    }

    pub(crate) fn add_service(&self, path: &StepPath, service: StartedService) {
        self.services().insert(path.clone(), Arc::new(service));
    }

    /// Records a service that has started.
    pub(crate) fn service(&self, path: &StepPath) -> Option<Arc<StartedService>> {
        self.services().get(path).cloned()
    }

    /// Another service that uses this port.
    pub(crate) fn other_service_at(&self, path: &StepPath, port: u16) -> Option<StepPath> {
        let services = self.services();
        let mut others =
            self.beside(&services, path).into_iter().filter(|(_, service)| service.known_ports().contains(&port));
        others.next().map(|(other, _)| other.clone())
    }

    /// The ports of the other services.
    pub(crate) fn ports_of_others(&self, path: &StepPath) -> Vec<u16> {
        let services = self.services();
        let others = self.beside(&services, path).into_iter();
        others.flat_map(|(_, service)| service.known_ports().iter().copied()).collect()
    }

    /// The other services in the same surroundings.
    fn beside<'s>(
        &self,
        services: &'s HashMap<StepPath, Arc<StartedService>>,
        path: &StepPath,
    ) -> Vec<(&'s StepPath, &'s Arc<StartedService>)> {
        let group = &self.around(path).group;
        services.iter().filter(|(other, _)| *other != path && self.around(other).group == *group).collect()
    }

    /// Names that steps have given to images of the engine.
    pub(crate) fn new_names(&self) -> std::sync::MutexGuard<'_, NewNames> {
        self.new_names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn services(&self) -> std::sync::MutexGuard<'_, HashMap<StepPath, Arc<StartedService>>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ports(&self) -> std::sync::MutexGuard<'_, HashMap<(String, u16), u16>> {
        self.sidecar_ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
