//! Runs a step's command through its gate.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bollard::query_parameters::KillContainerOptionsBuilder;
use bytes::Bytes;
use cirun_engine::{BackendError, Exit, OutputChunk, ReadyContainer, ReadyStep, StepIo, Stream};
use cirun_gate::protocol::{CommandId, End, NotStarted, Order, Report, Stream as GateStream, WINDOW};
use tokio::time::{sleep, timeout};

use super::{
    argv::{argv, program, stop_signal},
    link::{Orders, Reports},
    open::{Opened, describe, is_current, open},
    state::{Held, Trouble},
};
use crate::{
    exit::{lost_interpreter, not_executable, not_found, wrong_format},
    run::{asked_to_end, get_image, oom_killed, wait},
    shared::Shared,
    spec::step_env,
    stage::RunningStage,
};

/// Bytes of output between two acknowledgements.
const ACK_EVERY: u64 = WINDOW / 4;

/// The kernel takes at most 6 MB of arguments and environment.
const LONGEST: usize = 6 << 20;

/// SIGKILL.
const KILL: i32 = 9;

/// How long a gate may take to report the end of a command that it was asked to kill, before its container is killed.
const KILLED_WITHIN: Duration = Duration::from_secs(3);

/// How long the engine may take to report the end of a container whose stream has ended.
const ENDED_WITHIN: Duration = Duration::from_secs(5);

/// A step that has ended, and its container.
pub(crate) struct Ran {
    pub(crate) result: Result<Exit, BackendError>,
    pub(crate) left: Option<Held>,
}

/// Runs a foreground step, or returns `None` if a gate cannot run in its container.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    stage: &RunningStage,
    step: &ReadyStep,
    container: &ReadyContainer,
    io: &StepIo,
) -> Option<Ran> {
    let gate = shared.config.gate()?;
    let body = describe(stage, gate, step, container);
    let image = body.image.clone().unwrap_or_default();
    let prepared = shared.gate.take_prepared(&step.path);
    if shared.gate.is_refused(&image) {
        return None;
    }
    let same = prepared.as_ref().filter(|opened| opened.body == body && stage.image_to_get(step, container).is_none());
    let same = match same.map(|opened| opened.image_id.clone()) {
        Some(id) => is_current(shared, &image, id).await,
        None => false,
    };
    let opened = match prepared {
        Some(opened) if same => Ok(Ok(opened)),
        other => {
            // It was described before an earlier step decided something.
            other.into_iter().for_each(|opened| shared.remove_later(opened.container));
            tokio::select! {
                biased;
                () = asked_to_end(io) => Ok(Err(Exit::Stopped)),
                opened = async {
                    get_image(shared, stage, step, container).await?;
                    open(shared, stage, gate, step, body).await
                } => opened,
            }
        }
    };
    let opened = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(exit)) => return Some(Ran { result: Ok(exit), left: None }),
        Err(Trouble::Backend(error)) => return Some(Ran { result: Err(error), left: None }),
        Err(Trouble::Gate(reason)) => {
            shared.gate.refuse(&image, reason);
            return None;
        }
    };
    let env = step_env(&container.env, &shared.config.absent_files);
    let (entrypoint, command) = (container.entrypoint.as_ref(), container.command.as_ref());
    let words = match &container.local_plugin {
        Some(plugin) => Some(shared.config.local_plugin.command.iter().chain(&plugin.words).cloned().collect()),
        None => argv(&opened.image, entrypoint, command),
    };
    let variables = env.iter().map(|(name, value)| name.len() + value.len());
    let length = variables.chain(words.iter().flatten().map(String::len)).sum::<usize>();
    let Some(words) = words.filter(|_| length < LONGEST) else {
        // The engine knows best what to say about a container without a program, or with too long a one.
        shared.remove_later(opened.container);
        return None;
    };
    Some(run_opened(shared, opened, &words, env, io).await)
}

#[tracing::instrument(name = "run the command", level = "debug", skip_all)]
async fn run_opened(shared: &Shared, opened: Opened, words: &[String], env: Vec<(String, String)>, io: &StepIo) -> Ran {
    let Opened { container, mut link, image, .. } = opened;
    let command = link.new_command();
    let stopped = AtomicBool::new(false);
    let sent = link.orders.send(&Order::Run { command, program: program(words, &env), alone: true }).await;
    let result = match sent {
        Ok(()) => {
            let (reports, orders) = (&mut link.reports, &link.orders);
            tokio::select! {
                followed = follow(reports, orders, command, &words[0], io) => followed,
                never = obey(shared, (&container, orders), (command, stop_signal(&image)), io, &stopped) => match never {},
            }
        }
        Err(_) => Ok(Followed::Lost),
    };
    let has_link = matches!(result, Ok(Followed::Exit(_)));
    let result = match result {
        Ok(_) if stopped.load(Ordering::Relaxed) => Ok(Exit::Stopped),
        Ok(Followed::Exit(exit)) => Ok(exit),
        Ok(Followed::Lost) => lost(shared, &container).await,
        Err(error) => Err(error),
    };
    Ran { result, left: Some(Held { container, link: has_link.then_some(link), env }) }
}

/// The end of a command's reports.
enum Followed {
    Exit(Exit),
    /// The stream ended before the command.
    Lost,
}

/// Forwards a command's output, in order, to its end. It continues without a receiver: a command whose output no one
/// reads would block.
async fn follow(
    reports: &mut Reports,
    orders: &Orders,
    command: CommandId,
    name: &str,
    io: &StepIo,
) -> Result<Followed, BackendError> {
    let mut owed = 0;
    loop {
        match reports.next().await? {
            None => return Ok(Followed::Lost),
            Some(Report::Output { command: from, stream, bytes }) if from == command => {
                owed += bytes.len() as u64;
                let stream = match stream {
                    GateStream::Stdout => Stream::Stdout,
                    GateStream::Stderr => Stream::Stderr,
                };
                drop(io.output.send(OutputChunk { stream, bytes: Bytes::from(bytes) }).await);
                if owed >= ACK_EVERY {
                    // If the gate has gone, the next report says so.
                    drop(orders.send(&Order::Ack { command, bytes: owed }).await);
                    owed = 0;
                }
            }
            Some(Report::Ended { command: from, end, oom_killed }) if from == command => {
                return Ok(Followed::Exit(exit_of(end, oom_killed)));
            }
            Some(Report::NotStarted { command: from, reason }) if from == command => {
                return Ok(Followed::Exit(refused(name, reason)));
            }
            Some(_) => {}
        }
    }
}

fn exit_of(end: End, oom_killed: bool) -> Exit {
    let code = i64::from(end.code());
    Exit::Code { code, oom_killed: code != 0 && oom_killed }
}

/// The exit of a program that a gate could not start, as without a gate.
fn refused(name: &str, reason: NotStarted) -> Exit {
    let shown = format!("`{name}`");
    let (code, reason) = match reason {
        NotStarted::NotFound => (127, not_found(Some(name), &shown)),
        NotStarted::NotExecutable => (126, not_executable(&shown)),
        NotStarted::WrongFormat => (126, wrong_format(&shown)),
        NotStarted::NoInterpreter => (127, lost_interpreter(&shown)),
        NotStarted::Other(reason) => (126, format!("{shown} cannot be executed: {reason}")),
    };
    Exit::NotStarted { code, reason }
}

/// Stops the command when asked to, and never returns: the follower sees its end.
async fn obey(
    shared: &Shared,
    (container, orders): (&str, &Orders),
    (command, signal): (CommandId, i32),
    io: &StepIo,
    stopped: &AtomicBool,
) -> Infallible {
    asked_to_end(io).await;
    stopped.store(true, Ordering::Relaxed);
    let grace = u32::try_from(shared.config.stop_grace.as_millis()).unwrap_or(u32::MAX);
    // An error means that the gate has ended, which the follower sees.
    if !io.kill.is_cancelled() {
        drop(orders.send(&Order::Stop { command, signal, grace }).await);
        io.kill.cancelled().await;
    }
    drop(timeout(KILLED_WITHIN, orders.send(&Order::Stop { command, signal: KILL, grace: 0 })).await);
    sleep(KILLED_WITHIN).await;
    let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
    drop(shared.engine.docker.kill_container(container, Some(options)).await);
    std::future::pending().await
}

/// The exit of a step whose gate's stream ended early: known if its container was killed, else an error. It is never a
/// success.
async fn lost(shared: &Shared, container: &str) -> Result<Exit, BackendError> {
    let error = || BackendError::Engine {
        what: "follow a step".to_owned(),
        reason: "the connection to its container broke before its end was known".to_owned(),
    };
    match timeout(ENDED_WITHIN, wait(shared, container)).await {
        Ok(Ok(0)) | Err(_) => Err(error()),
        Ok(Ok(code)) => Ok(Exit::Code { code, oom_killed: oom_killed(shared, container).await? }),
        Ok(Err(failed)) => Err(failed),
    }
}
