//! Starts a stage: its images, networks, volumes, pods and sidecars, concurrently where possible.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use cirun_engine::{BackendError, EventKind, ReadyContainer, ReadyStep};
use cirun_plan::{Action, PlannedStage, PlannedStep, PortBinding, PullPolicy, StepPath};
use futures_util::future::try_join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    EngineSocket,
    backend::Shared,
    error::engine_error,
    guard::{self, NewNames},
    images::{ImageRequest, Needed, ensure_all, requests_of},
    listeners::Listeners,
    names::{object_name, stage_name},
    pod_ports,
    service::Service,
    sidecar,
    spec::{Network, resolv_conf},
    surroundings::Surroundings,
};

/// A running stage.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) id: String,
    /// The path of the workspace in its containers.
    pub(crate) workspace: String,
    /// Fires when the stage is being removed.
    pub(crate) ending: CancellationToken,
    /// The stage's own surroundings.
    pub(crate) own: Surroundings,
    /// The surroundings of its containerised step groups.
    pub(crate) groups: Vec<Surroundings>,
    /// Images that were available when the stage started.
    verified: HashSet<String>,
    /// Steps whose image an earlier step of the run builds.
    from_run: HashSet<StepPath>,
    /// Host ports of sidecars, by name and container port.
    sidecar_ports: Mutex<HashMap<(String, u16), u16>>,
    /// Names that steps have given to images of the engine.
    new_names: Mutex<NewNames>,
    /// The services that have been started.
    services: Mutex<HashMap<StepPath, Arc<Service>>>,
}

impl Stage {
    fn new(shared: &Shared, planned: &PlannedStage, requests: &[ImageRequest]) -> Self {
        let id = planned.id.to_string();
        let ending = CancellationToken::new();
        let name = stage_name(&shared.config.run_id, &id);
        let own = Surroundings::of_stage(shared, planned, name, ending.clone());
        let groups =
            planned.containerised.iter().map(|group| Surroundings::of_group(shared, planned, group, &own)).collect();
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
            from_run: planned.steps().iter().filter(|step| step.image_from_run).map(|step| step.path.clone()).collect(),
            sidecar_ports: Mutex::default(),
            new_names: Mutex::default(),
            services: Mutex::default(),
        }
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
        if container.stand_in.is_some() || (!from_run && self.verified.contains(&container.image)) {
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

    pub(crate) fn add_service(&self, path: &StepPath, service: Service) {
        self.services().insert(path.clone(), Arc::new(service));
    }

    /// Records a service that has started.
    pub(crate) fn service(&self, path: &StepPath) -> Option<Arc<Service>> {
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
        services: &'s HashMap<StepPath, Arc<Service>>,
        path: &StepPath,
    ) -> Vec<(&'s StepPath, &'s Arc<Service>)> {
        let group = &self.around(path).group;
        services.iter().filter(|(other, _)| *other != path && self.around(other).group == *group).collect()
    }

    /// The listening ports of a step's pod; `None` without a pod, or if they cannot be seen from here.
    pub(crate) async fn ports_of_pod(&self, shared: &Shared, path: &StepPath) -> Option<Vec<u16>> {
        let pod = self.around(path).pod.get()?;
        let state = shared.engine.docker.inspect_container(pod, None).await.ok()?;
        let mut listeners = Listeners::here(pod, state.state.and_then(|state| state.pid)).await?;
        Some(listeners.read().await?.iter().map(SocketAddr::port).collect())
    }

    /// Names that steps have given to images of the engine.
    pub(crate) fn new_names(&self) -> std::sync::MutexGuard<'_, NewNames> {
        self.new_names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn services(&self) -> std::sync::MutexGuard<'_, HashMap<StepPath, Arc<Service>>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ports(&self) -> std::sync::MutexGuard<'_, HashMap<(String, u16), u16>> {
        self.sidecar_ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the stage. If a part fails, the others still finish: `destroy_stage` finds everything by its label.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    planned: &PlannedStage,
    progress: &mpsc::Sender<EventKind>,
) -> Result<(), BackendError> {
    let requests = requests_of(planned);
    let stage = Arc::new(Stage::new(shared, planned, &requests));
    shared.enter_stage(Arc::clone(&stage));
    make_run_dir(&shared.config.run_dir)?;
    let (images, surroundings) =
        tokio::join!(ensure_all(shared.images(), &requests, progress), make_surroundings(shared, &stage, planned));
    images.and(surroundings)?;
    if let EngineSocket::Guarded(settings) = &shared.config.engine_socket
        && planned.steps().into_iter().any(gets_the_socket)
    {
        guard::start(shared, &stage, settings)?;
    }
    for pod in stage.all_surroundings().filter(|around| around.host.network == Network::Pod) {
        pod_ports::report_clashes(shared, planned, pod.group.as_ref(), progress).await;
    }
    Ok(())
}

fn gets_the_socket(step: &PlannedStep) -> bool {
    match &step.action {
        Action::Container(container) => container.engine_socket,
        Action::Host(_) | Action::Wait(_) | Action::Skip(_) => false,
    }
}

/// Pods and sidecars need the networks, but not each other.
async fn make_surroundings(shared: &Arc<Shared>, stage: &Stage, planned: &PlannedStage) -> Result<(), BackendError> {
    helper_images(shared, stage, planned).await?;
    try_join_all(stage.all_surroundings().map(|surroundings| surroundings.make(shared))).await?;
    let pods = try_join_all(stage.all_surroundings().map(|surroundings| surroundings.start_pod(shared, planned)));
    let (pods, sidecars) = tokio::join!(pods, sidecar::start_all(shared, stage));
    pods.map(drop).and(sidecars)?;
    match &shared.config.resolver {
        None => Ok(()),
        Some(resolver) => name_resolvers(shared, stage, resolver).await,
    }
}

/// Writes the files by which containers use only the resolver of their network.
async fn name_resolvers(shared: &Shared, stage: &Stage, resolver: &str) -> Result<(), BackendError> {
    let directory = &shared.config.private_dir;
    fs::create_dir_all(directory)
        .map_err(|source| BackendError::Io { what: format!("make the directory {}", directory.display()), source })?;
    try_join_all(stage.all_surroundings().map(|around| name_resolver(shared, around, resolver))).await.map(drop)
}

async fn name_resolver(shared: &Shared, around: &Surroundings, resolver: &str) -> Result<(), BackendError> {
    let network = &around.host.name;
    let container = object_name(network, resolver);
    let what = || format!("find the address of `{container}`");
    let inspected = shared.engine.docker.inspect_container(&container, None).await;
    let inspected = inspected.map_err(|error| engine_error(what(), &error))?;
    let networks = inspected.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let address = networks.get(network).and_then(|endpoint| endpoint.ip_address.clone());
    let address = address.filter(|address| !address.is_empty()).ok_or_else(|| BackendError::Engine {
        what: what(),
        reason: format!("it has none on the network `{network}`"),
    })?;
    let path = shared.config.private_dir.join(resolv_conf(network));
    fs::write(&path, resolv_conf_text(&address))
        .and_then(|()| readable_by_all(&path))
        .map_err(|source| BackendError::Io { what: format!("write {}", path.display()), source })
}

/// Without a search list: with one, a name that does not exist would be looked up again in the machine's own domain.
fn resolv_conf_text(address: &str) -> String {
    format!("nameserver {address}\noptions ndots:0 timeout:2 attempts:2\n")
}

/// One at a time: sidecars and pods usually have the same image.
async fn helper_images(shared: &Shared, stage: &Stage, planned: &PlannedStage) -> Result<(), BackendError> {
    if stage.all_surroundings().any(|surroundings| surroundings.host.network == Network::Pod) {
        shared.engine.ensure_helper_image(&shared.config.pod.image).await?;
    }
    for sidecar in &shared.config.sidecars {
        shared.engine.ensure_helper_image(&sidecar.image).await?;
    }
    if planned.steps().iter().any(|step| has_stand_in(step)) {
        shared.engine.ensure_helper_image(&shared.config.stand_in.image).await?;
    }
    Ok(())
}

fn has_stand_in(step: &PlannedStep) -> bool {
    matches!(&step.action, Action::Container(container) if container.stand_in.is_some())
}

/// Steps run as any user and write their output files there, so every user may write (outputs.everyone-writes).
fn make_run_dir(dir: &Path) -> Result<(), BackendError> {
    let failed = |source: io::Error| BackendError::Io { what: format!("make the directory {}", dir.display()), source };
    fs::create_dir_all(dir).map_err(failed)?;
    open_to_all(dir).map_err(failed)
}

/// Ignores the process's umask: steps run as any user, and other users of this machine have no access to the directory.
#[cfg(unix)]
fn readable_by_all(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_file: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn open_to_all(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o777))
}

/// Engines on Windows hosts map all users to the one that shares the directory.
#[cfg(not(unix))]
fn open_to_all(_dir: &Path) -> io::Result<()> {
    Ok(())
}
