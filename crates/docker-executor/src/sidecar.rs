//! Starts the stage's helper containers and waits until they are ready.

use cirun_engine::BackendError;
use futures_util::future::join_all;

use crate::{
    Sidecar, error::engine_error, names::object_name, shared::Shared, spec::sidecar_config, stage::RunningStage,
    surroundings::Surroundings,
};

/// Helper containers get keys.
const ROOT_ONLY: u32 = 0o600;

/// Starts all sidecars at once, one for each network of the stage: the engine gives a container on several networks the
/// names of all of them, and two step groups may have services of the same name. Tries all of them, and returns the
/// first failure.
pub(crate) async fn start_all(shared: &Shared, stage: &RunningStage) -> Result<(), BackendError> {
    let each = shared
        .config
        .sidecars
        .iter()
        .flat_map(|sidecar| stage.all_surroundings().map(move |around| start(shared, stage, sidecar, around)));
    join_all(each).await.into_iter().collect()
}

async fn start(
    shared: &Shared,
    stage: &RunningStage,
    sidecar: &Sidecar,
    around: &Surroundings,
) -> Result<(), BackendError> {
    let name = object_name(&around.host.name, &sidecar.name);
    let failed = |error| engine_error(format!("start the helper container `{name}`"), &error);
    for volume in &sidecar.volumes {
        shared.engine.ensure_volume(&volume.name, "sidecar").await?;
    }
    let mut config = sidecar_config(sidecar, &around.host);
    // Requests for a port on this machine get the port of the stage's own sidecar.
    let publishes = around.group.is_none() && !sidecar.ports.is_empty();
    if let (false, Some(host)) = (publishes, &mut config.host_config) {
        host.port_bindings = None;
    }
    let id = shared.create(name.clone(), config, None).await.map_err(failed)?;
    for (path, content) in &sidecar.files {
        shared.engine.write_file(&id, path, ROOT_ONLY, content).await?;
    }
    shared.engine.docker.start_container(&id, None).await.map_err(failed)?;
    if publishes {
        stage.publish_sidecar(&sidecar.name, &shared.engine.published_ports(&id).await?);
    }
    match &sidecar.ready {
        Some(ready) => shared.engine.wait_ready(&id, &name, ready).await,
        None => Ok(()),
    }
}
