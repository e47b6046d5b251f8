//! Runs one container to its end: create, attach, start, read, wait, remove.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bollard::{
    container::LogOutput,
    errors::Error,
    models::ContainerCreateBody,
    query_parameters::{
        AttachContainerOptionsBuilder, KillContainerOptionsBuilder, StopContainerOptionsBuilder,
        WaitContainerOptionsBuilder,
    },
};
use cirun_engine::{BackendError, Exit, OutputChunk, ReadyContainer, ReadyStep, StepIo, Stream};
use cirun_plan::Role;
use futures_util::StreamExt;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    Keep,
    engine::Output,
    error::{engine_error, explain, is_port_taken},
    exit::{not_started, wrong_architecture},
    gate::{self, Held, Ran},
    images::ensure_one,
    names::object_name,
    reports::need_the_container,
    rest::{self, Delivered},
    shared::Shared,
    spec::{Network, container_config},
    stage::RunningStage,
    surroundings::Surroundings,
};

/// How long the engine may take to deliver the output of an ended container.
const DRAIN_WITHIN: Duration = Duration::from_secs(30);

/// CI's code for a failure of the runner itself (flow.runner-error).
const RUNNER_ERROR: i64 = 255;

/// How much of a container's first output to keep, to recognise messages of the runtime in it.
const HEAD_BYTES: usize = 512;

/// Runs a foreground step.
#[tracing::instrument(name = "run", level = "debug", skip_all, fields(step = %step.path))]
pub(crate) async fn run(
    shared: &Arc<Shared>,
    step: &ReadyStep,
    container: &ReadyContainer,
    io: StepIo,
) -> Result<Exit, BackendError> {
    let stage = shared.current_stage()?;
    let files = cirun_step_files::Step { run_dir: &shared.config.run_dir, env: &container.env };
    if let Err(refused) = cirun_step_files::remove(files).await? {
        return Ok(Exit::NotStarted { code: RUNNER_ERROR, reason: refused.to_string() });
    }
    // Boxed: a plan may run many steps side by side, in one future.
    let gated = Box::pin(gate::run(shared, &stage, step, container, &io)).await;
    if let Some(Ran { result, left }) = gated {
        if let Some(left) = left {
            settle(shared, &stage, step, &result, left);
        }
        return result;
    }
    let id = match create_step(shared, &stage, step, container, &io).await? {
        Ok(id) => id,
        Err(exit) => return Ok(exit),
    };
    let network = stage.around(&step.path).host.network;
    let result = match start(shared, &id, step, network).await {
        Ok(Ok(output)) => follow(shared, &id, output, &io).await,
        Ok(Err(exit)) => Ok(exit),
        Err(error) => Err(error),
    };
    settle(shared, &stage, step, &result, Held { container: id, link: None, env: Vec::new() });
    result
}

/// Keeps the container of an ended step while something needs it, and removes it otherwise.
fn settle(
    shared: &Arc<Shared>,
    stage: &RunningStage,
    step: &ReadyStep,
    result: &Result<Exit, BackendError>,
    left: Held,
) {
    if keeps(shared.config.keep, result) {
        shared.hold(&step.path, left);
    } else if need_the_container(stage, step, result) {
        shared.leave(&step.path, left.container);
    } else {
        shared.remove_later(left.container);
    }
}

fn keeps(keep: Keep, result: &Result<Exit, BackendError>) -> bool {
    match keep {
        Keep::Nothing => false,
        Keep::Failed => matches!(result, Ok(Exit::Code { code: 1.., .. } | Exit::Stopped)),
        Keep::Everything => true,
    }
}

/// Creates a step's container, and gets its image if it was not available earlier. The inner `Err` is a step that
/// cannot start, or was stopped before.
pub(crate) async fn create_step(
    shared: &Arc<Shared>,
    stage: &RunningStage,
    step: &ReadyStep,
    container: &ReadyContainer,
    io: &StepIo,
) -> Result<Result<String, Exit>, BackendError> {
    tokio::select! {
        biased;
        () = asked_to_end(io) => Ok(Err(Exit::Stopped)),
        created = create_unless_asked(shared, stage, step, container) => created,
    }
}

async fn create_unless_asked(
    shared: &Arc<Shared>,
    stage: &RunningStage,
    step: &ReadyStep,
    container: &ReadyContainer,
) -> Result<Result<String, Exit>, BackendError> {
    get_image(shared, stage, step, container).await?;
    create_from(shared, stage, step, container_config(step, container, &stage.around(&step.path).host)).await
}

/// Gets a step's image if it was not available when the stage started.
pub(crate) async fn get_image(
    shared: &Shared,
    stage: &RunningStage,
    step: &ReadyStep,
    container: &ReadyContainer,
) -> Result<(), BackendError> {
    match stage.image_to_get(step, container) {
        Some(request) => ensure_one(shared.images(), &request, None).await,
        None => Ok(()),
    }
}

/// Creates a step's container; its image is there. The inner `Err` is a step that cannot start.
#[tracing::instrument(name = "create the container", level = "debug", skip_all, fields(step = %step.path))]
pub(crate) async fn create_from(
    shared: &Shared,
    stage: &RunningStage,
    step: &ReadyStep,
    body: ContainerCreateBody,
) -> Result<Result<String, Exit>, BackendError> {
    let around = stage.around(&step.path);
    let name = shared.unique_name(object_name(&around.host.name, step.path.as_str()));
    let what = || format!("create the container of `{}`", step.path);
    match shared.create(name, body, shared.config.platform.clone()).await {
        Ok(id) => {
            open_volumes(shared, around, &id).await?;
            Ok(Ok(id))
        }
        Err(error) => not_started(&explain(&error)).map(Err).ok_or_else(|| engine_error(what(), &error)),
    }
}

/// New named volumes belong to root; in CI every user may write to shared paths (infra.shared-paths).
async fn open_volumes(shared: &Shared, around: &Surroundings, container: &str) -> Result<(), BackendError> {
    around
        .volumes_opened
        .get_or_try_init(|| async {
            for volume in &around.host.shared {
                shared.engine.open_directory(container, &volume.mount.target).await?;
            }
            Ok(())
        })
        .await
        .copied()
}

/// Attaches and starts. The order matters: output can be lost if the client attaches after the start.
#[tracing::instrument(name = "start the container", level = "debug", skip_all, fields(step = %step.path))]
pub(crate) async fn start(
    shared: &Shared,
    id: &str,
    step: &ReadyStep,
    network: Network,
) -> Result<Result<Output, Exit>, BackendError> {
    let path = &step.path;
    let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true).build();
    let attached = shared
        .engine
        .docker
        .attach_container(id, Some(options))
        .await
        .map_err(|error| engine_error(format!("attach to `{path}`"), &error))?;
    match shared.engine.start(id, network).await {
        Ok(()) => Ok(Ok(attached.output.boxed())),
        // In CI a service starts in the background, and the result of its start is not checked (background.started).
        Err(error) if step.role == Role::Service && is_port_taken(&error) => {
            Ok(Err(Exit::NotStarted { code: RUNNER_ERROR, reason: explain(&error) }))
        }
        Err(error) => {
            not_started(&explain(&error)).map(Err).ok_or_else(|| engine_error(format!("start `{path}`"), &error))
        }
    }
}

/// Forwards a started container's output until it has ended, and returns its exit. Obeys `io.stop` and `io.kill`.
pub(crate) async fn follow(shared: &Shared, id: &str, output: Output, io: &StepIo) -> Result<Exit, BackendError> {
    let exited = CancellationToken::new();
    let stopped = AtomicBool::new(false);
    let ended = async {
        tokio::join!(pump(output, io, &exited), async {
            let code = wait(shared, id).await;
            exited.cancel();
            code
        })
    };
    let (pumped, code) = tokio::select! {
        ended = ended => ended,
        never = obey(shared, id, io, &stopped) => match never {},
    };
    let code = code?;
    if stopped.load(Ordering::Relaxed) {
        return Ok(Exit::Stopped);
    }
    let delivered = pumped?;
    if let Some(exit) = wrong_architecture(code, &delivered.head) {
        return Ok(exit);
    }
    rest::forward(shared, id, delivered, io).await?;
    Ok(Exit::Code { code, oom_killed: code != 0 && oom_killed(shared, id).await? })
}

/// Forwards the output, in order, to its end. It continues without a receiver: a container whose output no one reads
/// would block.
async fn pump(mut output: Output, io: &StepIo, exited: &CancellationToken) -> Result<Delivered, BackendError> {
    let mut delivered = Delivered::new();
    loop {
        let chunk = tokio::select! {
            biased;
            chunk = output.next() => chunk,
            () = async { exited.cancelled().await; sleep(DRAIN_WITHIN).await } => {
                let reason = format!("the container ended, but its output did not within {} s", DRAIN_WITHIN.as_secs());
                return Err(BackendError::Engine { what: "read a step's output".to_owned(), reason });
            }
        };
        let (stream, bytes) = match chunk {
            None => return Ok(delivered.end()),
            Some(Ok(LogOutput::StdErr { message })) => (Stream::Stderr, message),
            Some(Ok(LogOutput::StdOut { message } | LogOutput::Console { message })) => (Stream::Stdout, message),
            Some(Ok(LogOutput::StdIn { .. })) => continue,
            Some(Err(error)) => return Err(engine_error("read a step's output", &error)),
        };
        delivered.count(stream, &bytes, HEAD_BYTES + 1);
        drop(io.output.send(OutputChunk { stream, bytes }).await);
    }
}

/// Waits for the end and returns the exit code.
///
/// After a successful start, `not-running` is true from the container's end on, however early; `next-exit` would have
/// to reach the engine before the start.
pub(crate) async fn wait(shared: &Shared, id: &str) -> Result<i64, BackendError> {
    let options = WaitContainerOptionsBuilder::new().condition("not-running").build();
    let mut answers = Box::pin(shared.engine.docker.wait_container(id, Some(options)));
    match answers.next().await {
        Some(Ok(answer)) => Ok(answer.status_code),
        // This is how the client reports every exit code but 0.
        Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(code),
        Some(Err(error)) => Err(engine_error("wait for a container", &error)),
        None => Err(BackendError::Engine {
            what: "wait for a container".to_owned(),
            reason: "the engine closed the connection".to_owned(),
        }),
    }
}

/// 137 may be a kill or the kernel's reaction to too much memory; only the engine knows which. Docker 20.10 misses it
/// in about one of fifty cases if the container's first process is killed, on a busy machine; its events do not report
/// it then either.
pub(crate) async fn oom_killed(shared: &Shared, id: &str) -> Result<bool, BackendError> {
    let container = shared.engine.docker.inspect_container(id, None).await;
    let container = container.map_err(|error| engine_error("look at an ended container", &error))?;
    Ok(container.state.and_then(|state| state.oom_killed).unwrap_or(false))
}

pub(crate) async fn asked_to_end(io: &StepIo) {
    tokio::select! {
        () = io.stop.cancelled() => {}
        () = io.kill.cancelled() => {}
    }
}

/// Stops the container when asked to, and never returns: the waiter sees the container's end.
async fn obey(shared: &Shared, id: &str, io: &StepIo, stopped: &AtomicBool) -> std::convert::Infallible {
    asked_to_end(io).await;
    stopped.store(true, Ordering::Relaxed);
    let docker = &shared.engine.docker;
    let grace = i32::try_from(shared.config.stop_grace.as_secs()).unwrap_or(i32::MAX);
    let options = StopContainerOptionsBuilder::new().t(grace).build();
    // An error only means that the container has ended meanwhile, or that the engine is gone, which the waiter sees.
    tokio::select! {
        biased;
        () = io.kill.cancelled() => {}
        result = docker.stop_container(id, Some(options)) => drop(result),
    }
    io.kill.cancelled().await;
    let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
    drop(docker.kill_container(id, Some(options)).await);
    std::future::pending().await
}
