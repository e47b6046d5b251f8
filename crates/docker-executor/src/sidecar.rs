//! Starts the stage's helper containers and waits until they are ready.

use cirun_engine::BackendError;
use futures_util::future::join_all;

use crate::{Sidecar, backend::Shared, error::engine_error, names::object_name, spec::sidecar_config, stage::Stage};

/// Starts all sidecars at once; the first failure is told when all have been tried.
pub(crate) async fn start_all(shared: &Shared, stage: &Stage) -> Result<(), BackendError> {
    let started = join_all(shared.config.sidecars.iter().map(|sidecar| start(shared, stage, sidecar))).await;
    started.into_iter().collect()
}

async fn start(shared: &Shared, stage: &Stage, sidecar: &Sidecar) -> Result<(), BackendError> {
    let name = object_name(&stage.own.host.name, &sidecar.name);
    let failed = |error| engine_error(format!("start the helper container `{name}`"), &error);
    for volume in &sidecar.volumes {
        shared.engine.ensure_volume(&volume.name, "sidecar").await?;
    }
    let id = shared.create(name.clone(), sidecar_config(sidecar, &stage.own.host), None).await.map_err(failed)?;
    for group in &stage.groups {
        group.join(shared, &id, &sidecar.aliases).await?;
    }
    shared.engine.docker.start_container(&id, None).await.map_err(failed)?;
    if !sidecar.ports.is_empty() {
        stage.publish_sidecar(&sidecar.name, &shared.engine.published_ports(&id).await?);
    }
    match &sidecar.ready {
        Some(ready) => shared.engine.wait_ready(&id, &name, ready).await,
        None => Ok(()),
    }
}
