//! Opens the gates of steps before their turn.

use std::sync::Arc;

use cirun_engine::{BackendError, ReadyAction, ReadyContainer, ReadyStep};
use cirun_plan::{Action, ContainerAction, PlannedStep, Role, StepPath, Text};
use indexmap::IndexMap;

use super::{
    open::{describe, open},
    state::Trouble,
};
use crate::shared::Shared;

/// Opens the gate of a step, if its container is known already, as soon as its image and its network are there. A step
/// that cannot start is found again at its turn.
#[tracing::instrument(name = "prepare", level = "debug", skip_all, fields(step = %step.path))]
pub(crate) async fn prepare(shared: &Arc<Shared>, step: &PlannedStep) -> Result<(), BackendError> {
    let Some(program) = shared.config.gate() else { return Ok(()) };
    let stage = shared.stage_of(&step.path).await?;
    let Some(ready) = foreseen(step, &stage.workspace) else { return Ok(()) };
    let ReadyAction::Container(container) = &ready.action else { return Ok(()) };
    let body = describe(&stage, program, &ready, container);
    let image = body.image.clone().unwrap_or_default();
    if stage.image_to_get(&ready, container).is_some() {
        return Ok(());
    }
    if container.local_plugin.is_none() {
        stage.await_image(&image).await;
    }
    stage.around(&step.path).ready.cancelled().await;
    let _turn = shared.gate.opening.acquire().await;
    if shared.gate.is_refused(&image) {
        return Ok(());
    }
    match Box::pin(open(shared, &stage, program, &ready, body)).await {
        Ok(Ok(opened)) => shared.gate.keep_prepared(&step.path, opened),
        Err(Trouble::Gate(reason)) => shared.gate.refuse(&image, reason),
        Ok(Err(_)) | Err(Trouble::Backend(_)) => {}
    }
    Ok(())
}

/// Removes the container of a step whose turn will not come.
pub(crate) fn discard(shared: &Arc<Shared>, step: &StepPath) {
    if let Some(opened) = shared.gate.take_prepared(step) {
        shared.remove_later(opened.container);
    }
}

/// The step as far as its container depends on it; `None` if a running step decides that. A container with ports, or
/// with names of its own, would be seen before its turn, and so would a working directory that the engine has to make.
fn foreseen(step: &PlannedStep, workspace: &str) -> Option<ReadyStep> {
    let Action::Container(planned) = &step.action else { return None };
    if step.role != Role::Foreground
        || !planned.ports.is_empty()
        || !planned.aliases.is_empty()
        || planned.working_dir != workspace
    {
        return None;
    }
    Some(ReadyStep {
        path: step.path.clone(),
        role: step.role,
        attempt: 1,
        action: ReadyAction::Container(Box::new(container(planned)?)),
        timeout: step.timeout.value,
        reports: Vec::new(),
    })
}

/// The container without its program and its environment.
fn container(planned: &ContainerAction) -> Option<ReadyContainer> {
    let known = |text: &Text| text.as_known().map(str::to_owned);
    Some(ReadyContainer {
        image: known(&planned.image.value)?,
        pull: planned.pull.value,
        registry_auth: planned.registry_auth.clone(),
        entrypoint: None,
        command: None,
        env: IndexMap::new(),
        aliases: Vec::new(),
        ports: Vec::new(),
        privileged: planned.privileged.value,
        user: match &planned.user {
            Some(user) => Some(known(&user.value)?),
            None => None,
        },
        nano_cpus: planned.nano_cpus.as_ref().map(|cpus| cpus.value),
        memory_bytes: planned.memory_bytes.as_ref().map(|bytes| bytes.value),
        working_dir: planned.working_dir.clone(),
        engine_socket: planned.engine_socket,
        local_plugin: planned.local_plugin.as_ref().map(|local_plugin| local_plugin.value.clone()),
    })
}
