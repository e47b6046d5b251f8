//! Background steps: started, then followed until they end or the stage does.

use std::sync::Arc;

use cirun_engine::{BackendError, Exit, ReadyContainer, ReadyStep, ServiceExit, StepIo};
use tokio::sync::mpsc;

use crate::{
    backend::Shared,
    run::{create_step, follow, start as start_container},
};

/// Starts a service. One whose program cannot be started has ended at once: in CI that is no failure of the step
/// (harness-runtime.md 1.7), so it is told through `ended`.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    step: &ReadyStep,
    container: &ReadyContainer,
    io: StepIo,
    ended: mpsc::Sender<ServiceExit>,
) -> Result<(), BackendError> {
    let stage = shared.current_stage()?;
    let started = match create_step(shared, &stage, step, container, &io).await? {
        Ok(id) => start_container(shared, &id, step.path.as_str()).await?.map(|output| (id, output)),
        Err(exit) => Err(exit),
    };
    let ending = stage.around(&step.path).ending.clone();
    let (shared_too, path) = (Arc::clone(shared), step.path.clone());
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
            // Without a receiver, nobody wants to know.
            drop(ended.send(ServiceExit { path, exit }).await);
        }
    });
    Ok(())
}

/// 255 is CI's code for a failure of the runner itself (harness-runtime.md 1.7).
fn lost(error: &BackendError) -> Exit {
    Exit::NotStarted { code: 255, reason: error.to_string() }
}
