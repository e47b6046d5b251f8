//! Starts a stage: its images, networks, volumes, pods and sidecars, concurrently where possible.

use std::{fs, io, path::Path, sync::Arc};

use cirun_engine::{BackendError, EventKind};
use cirun_plan::{Action, PlannedStage, PlannedStep};
use futures_util::future::try_join_all;
use tokio::sync::mpsc;

use crate::{
    EngineSocket,
    error::engine_error,
    images::{ensure_all, requests_of},
    names::object_name,
    pod_ports,
    shared::Shared,
    sidecar, socket_proxy,
    spec::{Network, resolv_conf},
    stage::RunningStage,
    surroundings::Surroundings,
};

/// Starts the stage. If a part fails, the others still finish: `destroy_stage` finds everything by its label.
#[tracing::instrument(name = "start the stage", level = "debug", skip_all, fields(stage = %planned.id))]
pub(crate) async fn start(
    shared: &Arc<Shared>,
    planned: &PlannedStage,
    progress: &mpsc::Sender<EventKind>,
) -> Result<(), BackendError> {
    let requests = requests_of(planned);
    let stage = Arc::new(RunningStage::new(&shared.config, &shared.engine.socket_path(), planned, &requests));
    shared.enter_stage(Arc::clone(&stage));
    make_run_dir(&shared.config.run_dir)?;
    let (images, surroundings) = tokio::join!(
        ensure_all(shared.images(), &requests, progress, |image| stage.add_image(image)),
        make_surroundings(shared, &stage, planned)
    );
    images.and(surroundings)?;
    if let EngineSocket::Proxied(settings) = &shared.config.engine_socket
        && planned.steps().into_iter().any(gets_the_socket)
    {
        socket_proxy::start(shared, &stage, settings)?;
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
#[tracing::instrument(name = "make networks and volumes", level = "debug", skip_all)]
async fn make_surroundings(
    shared: &Arc<Shared>,
    stage: &RunningStage,
    planned: &PlannedStage,
) -> Result<(), BackendError> {
    helper_images(shared, stage, planned).await?;
    try_join_all(stage.all_surroundings().map(|surroundings| surroundings.make(shared))).await?;
    let pods = try_join_all(stage.all_surroundings().map(|surroundings| surroundings.start_pod(shared, planned)));
    let (pods, sidecars) = tokio::join!(pods, sidecar::start_all(shared, stage));
    pods.map(drop).and(sidecars)?;
    if let Some(resolver) = &shared.config.resolver {
        name_resolvers(shared, stage, resolver).await?;
    }
    stage.all_surroundings().for_each(|surroundings| surroundings.ready.cancel());
    Ok(())
}

/// Writes the files by which containers use only the resolver of their network.
#[tracing::instrument(name = "start the name servers", level = "debug", skip_all)]
async fn name_resolvers(shared: &Shared, stage: &RunningStage, resolver: &str) -> Result<(), BackendError> {
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
#[tracing::instrument(name = "get helper images", level = "debug", skip_all)]
async fn helper_images(shared: &Shared, stage: &RunningStage, planned: &PlannedStage) -> Result<(), BackendError> {
    if stage.all_surroundings().any(|surroundings| surroundings.host.network == Network::Pod) {
        shared.engine.ensure_helper_image(&shared.config.pod.image).await?;
    }
    for sidecar in &shared.config.sidecars {
        shared.engine.ensure_helper_image(&sidecar.image).await?;
    }
    if planned.steps().iter().any(|step| has_local_plugin(step)) {
        shared.engine.ensure_helper_image(&shared.config.local_plugin.image).await?;
    }
    Ok(())
}

fn has_local_plugin(step: &PlannedStep) -> bool {
    matches!(&step.action, Action::Container(container) if container.local_plugin.is_some())
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
