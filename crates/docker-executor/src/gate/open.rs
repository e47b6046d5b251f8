//! Creates and starts a step's container with its gate, up to the gate's greeting.

use std::{sync::Arc, time::Duration};

use bollard::models::{ContainerCreateBody, ImageConfig, ImageInspect};
use cirun_engine::{BackendError, Exit, ReadyContainer, ReadyStep};
use cirun_gate::protocol::{Report, VERSION};
use tokio::time::timeout;

use super::{
    link::Link,
    place,
    program::GateProgram,
    spec::{PATH, gated},
    state::Trouble,
};
use crate::{
    error::{engine_error, explain},
    exit::not_started,
    run::create_from,
    shared::Shared,
    spec::container_config,
    stage::RunningStage,
};

/// How long a gate whose container has started may take to greet.
const GREETING: Duration = Duration::from_secs(30);

/// A container whose gate waits for its turn.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) container: String,
    pub(super) link: Link,
    /// The settings of the image.
    pub(super) image: ImageConfig,
    /// The image's id: its name may mean another one later.
    pub(super) image_id: Option<String>,
    /// Its description: another one needs another container.
    pub(super) body: ContainerCreateBody,
}

/// The description of a step's container with a gate.
pub(super) fn describe(
    stage: &RunningStage,
    program: &GateProgram,
    step: &ReadyStep,
    container: &ReadyContainer,
) -> ContainerCreateBody {
    gated(container_config(step, container, &stage.around(&step.path).host), &program.volume())
}

/// Opens a gate for a step whose image is there. The inner error is a step that cannot start.
pub(super) async fn open(
    shared: &Arc<Shared>,
    stage: &RunningStage,
    program: &GateProgram,
    step: &ReadyStep,
    body: ContainerCreateBody,
) -> Result<Result<Opened, Exit>, Trouble> {
    let host = &stage.around(&step.path).host;
    let image = body.image.clone().unwrap_or_default();
    place::ensure(shared, program, host, &image).await?;
    match open_once(shared, stage, step, body.clone()).await {
        Err(Trouble::Gate(_)) => {
            // A run that was killed may have left a part of the program.
            place::place(shared, program, host, &image).await?;
            open_once(shared, stage, step, body).await
        }
        opened => opened,
    }
}

#[tracing::instrument(name = "open a gate", level = "debug", skip_all, fields(step = %step.path))]
async fn open_once(
    shared: &Arc<Shared>,
    stage: &RunningStage,
    step: &ReadyStep,
    body: ContainerCreateBody,
) -> Result<Result<Opened, Exit>, Trouble> {
    let name = body.image.clone().unwrap_or_default();
    // Before the container: an image that is named anew in between is seen as another one at the step's turn.
    let image = look_at(shared, &name).await?;
    let created = create_from(shared, stage, step, body.clone()).await;
    let container = match created? {
        Ok(container) => container,
        Err(exit) => return Ok(Err(exit)),
    };
    match start(shared, stage, step, &container).await {
        Ok(Ok(link)) => {
            let image_id = image.id;
            Ok(Ok(Opened { container, link, image: image.config.unwrap_or_default(), image_id, body }))
        }
        Ok(Err(exit)) => {
            shared.remove_later(container);
            Ok(Err(exit))
        }
        Err(trouble) => {
            shared.remove_later(container);
            Err(trouble)
        }
    }
}

#[tracing::instrument(name = "look at the image", level = "debug", skip_all, fields(image))]
async fn look_at(shared: &Shared, image: &str) -> Result<ImageInspect, BackendError> {
    let inspected = shared.engine.docker.inspect_image(image).await;
    inspected.map_err(|error| engine_error(format!("look at the image `{image}`"), &error))
}

/// Whether the name still means this image: an earlier step may have built it anew.
pub(super) async fn is_current(shared: &Shared, image: &str, id: Option<String>) -> bool {
    look_at(shared, image).await.is_ok_and(|image| image.id == id)
}

#[tracing::instrument(name = "start the container", level = "debug", skip_all, fields(step = %step.path))]
async fn start(
    shared: &Shared,
    stage: &RunningStage,
    step: &ReadyStep,
    container: &str,
) -> Result<Result<Link, Exit>, Trouble> {
    let what = || format!("start `{}`", step.path);
    let attached = Link::attach(&shared.engine, container).await;
    let mut link = attached.map_err(|error| engine_error(format!("attach to `{}`", step.path), &error))?;
    if let Err(error) = shared.engine.start(container, stage.around(&step.path).host.network).await {
        let reason = explain(&error);
        if reason.contains(PATH) {
            return Err(Trouble::Gate(reason));
        }
        return not_started(&reason).map(Err).ok_or_else(|| engine_error(what(), &error).into());
    }
    let reason = match timeout(GREETING, link.reports.next()).await {
        Ok(Ok(Some(Report::Hello { version: VERSION }))) => return Ok(Ok(link)),
        Ok(Ok(Some(_))) => "it is of another version".to_owned(),
        Ok(Ok(None)) => format!("it ended at once: {}", link.reports.said()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it did not greet within {} s", GREETING.as_secs()),
    };
    Err(Trouble::Gate(reason))
}
