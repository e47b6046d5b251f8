//! Starts a service, and reports its end.

use std::sync::Arc;

use cirun_engine::{BackendError, Exit, ReadyContainer, ReadyStep, ServiceExit, StepIo};
use tokio::sync::mpsc;

use super::{
    cause::{self, Daemon},
    started::StartedService,
};
use crate::{
    error::engine_error,
    pod_ports::open_ports,
    run::{create_step, follow, start as start_container},
    shared::Shared,
};

/// Starts a service. One whose program cannot be started, or whose port on the machine is in use, has ended at once: in
/// CI that does not fail the step (background.started), so it is reported through `ended`.
#[tracing::instrument(name = "start a service", level = "debug", skip_all)]
pub(crate) async fn start(
    shared: &Arc<Shared>,
    step: &ReadyStep,
    container: &ReadyContainer,
    io: StepIo,
    ended: mpsc::Sender<ServiceExit>,
) -> Result<(), BackendError> {
    let stage = shared.current_stage()?;
    let started = match create_step(shared, &stage, step, container, &io).await? {
        Ok(id) => {
            let state = shared.engine.docker.inspect_container(&id, None).await;
            let state = state.map_err(|error| engine_error(format!("look at `{}`", step.path), &error))?;
            let before = open_ports(shared, &stage, &step.path).await.unwrap_or_default();
            stage.add_service(&step.path, StartedService::new(&id, container, &state, before));
            start_container(shared, &id, step, stage.around(&step.path).host.network).await?.map(|output| (id, output))
        }
        Err(exit) => Err(exit),
    };
    let ending = stage.around(&step.path).ending.clone();
    let (shared_too, path) = (Arc::clone(shared), step.path.clone());
    let daemon = Daemon::unprivileged(container);
    shared.tasks.spawn(async move {
        let exit = match started {
            Ok((id, output)) => tokio::select! {
                biased;
                () = ending.cancelled() => return,
                followed = follow(&shared_too, &id, output, &io) => followed.unwrap_or_else(|error| lost(&error)),
            },
            Err(exit) => exit,
        };
        if exit != Exit::Stopped {
            let cause = cause::of(&shared_too, &stage, &path, daemon, &exit).await;
            // Without a receiver, the exit is not needed.
            drop(ended.send(ServiceExit { path, exit, cause }).await);
        }
    });
    Ok(())
}

/// 255 is CI's code for a failure of the runner itself (flow.runner-error).
fn lost(error: &BackendError) -> Exit {
    Exit::NotStarted { code: 255, reason: error.to_string() }
}
