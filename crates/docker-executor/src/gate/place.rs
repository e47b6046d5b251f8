//! Puts the program on an engine: into a volume named after its content, through the archive API, so that it works
//! wherever the engine is.

use std::collections::HashMap;

use bollard::{
    models::{ContainerCreateBody, HostConfig, VolumeCreateRequest},
    query_parameters::{ListVolumesOptionsBuilder, RemoveVolumeOptions},
};
use cirun_engine::BackendError;

use super::{
    program::GateProgram,
    spec::{Access, PATH, volume_mount},
};
use crate::{
    error::{engine_error, is_missing},
    labels,
    names::object_name,
    shared::Shared,
    spec::HostInfo,
};

/// Every user of a container may execute the program.
const EXECUTABLE: u32 = 0o755;
/// The role of the volumes.
const ROLE: &str = "gate";
/// The role of the containers that write them.
const WRITER: &str = "gate-writer";

/// Ensures that the engine has the program, once in a run. `image` is any image of the engine; nothing of it runs.
pub(super) async fn ensure(
    shared: &Shared,
    program: &GateProgram,
    host: &HostInfo,
    image: &str,
) -> Result<(), BackendError> {
    let state = &shared.gate.placed;
    state
        .get_or_try_init(|| async {
            match shared.engine.docker.inspect_volume(&program.volume()).await {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => place(shared, program, host, image).await,
                Err(error) => Err(engine_error("look for the gate's volume", &error)),
            }
        })
        .await
        .copied()
}

/// Writes the program, also over one that a killed run did not finish.
#[tracing::instrument(name = "place the gate", level = "debug", skip_all)]
pub(super) async fn place(
    shared: &Shared,
    program: &GateProgram,
    host: &HostInfo,
    image: &str,
) -> Result<(), BackendError> {
    let failed = |error| engine_error("write the gate's volume", &error);
    let name = program.volume();
    let request = VolumeCreateRequest {
        name: Some(name.clone()),
        labels: Some(HashMap::from([(labels::ROLE.to_owned(), ROLE.to_owned())])),
        ..VolumeCreateRequest::default()
    };
    let docker = shared.engine.docker.clone();
    shared.make(async move { docker.create_volume(request).await }).await.map_err(failed)?;
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        // An image without a command needs one to be created.
        entrypoint: Some(vec!["cirun".to_owned()]),
        labels: Some(host.labels.of(WRITER, None)),
        host_config: Some(HostConfig {
            mounts: Some(vec![volume_mount(&name, Access::Writable)]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    };
    let writer = shared.unique_name(object_name(&host.name, WRITER));
    let writer = shared.create(writer, body, shared.config.platform.clone()).await.map_err(failed)?;
    let written = shared.engine.write_file(&writer, PATH, EXECUTABLE, program.bytes()).await;
    // If this fails, the end of the stage removes it.
    drop(shared.engine.remove(&writer).await);
    written?;
    forget_others(shared, &name).await;
    Ok(())
}

/// Removes the programs of other builds, except those in use.
async fn forget_others(shared: &Shared, current: &str) {
    let docker = &shared.engine.docker;
    let filter = labels::filter(&[format!("{}={ROLE}", labels::ROLE)]);
    let listed = docker.list_volumes(Some(ListVolumesOptionsBuilder::new().filters(&filter).build())).await;
    let volumes = listed.ok().and_then(|listed| listed.volumes).unwrap_or_default();
    for volume in volumes.into_iter().filter(|volume| volume.name != current) {
        drop(docker.remove_volume(&volume.name, None::<RemoveVolumeOptions>).await);
    }
}
