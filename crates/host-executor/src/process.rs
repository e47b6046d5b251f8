//! A step's process, seen from cirun: its supervisor, its output, its end.

use std::{
    io,
    os::{fd::OwnedFd, unix::net::UnixStream as StdUnixStream},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use cirun_engine::{BackendError, Exit, StepIo, Stream};
use cirun_plan::StepPath;
use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process_group},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::{UnixStream, unix::OwnedReadHalf},
    process::Command,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    output::OutputPipe,
    protocol::Report,
    stage::{HostStage, Supervised},
};

/// What to start.
pub(crate) struct Spawn {
    /// The supervisor and its arguments, complete except for its streams.
    pub(crate) command: std::process::Command,
    /// The step's own program, as text to print.
    pub(crate) program: String,
    /// The step, as text to print.
    pub(crate) step: StepPath,
}

/// A step under a supervisor.
pub(crate) struct Process {
    reports: Reports,
    stdout: OutputPipe,
    stderr: OutputPipe,
    asks: Asks,
}

/// The reports of the supervisor, in order.
struct Reports {
    lines: Lines<BufReader<OwnedReadHalf>>,
    /// The step's program, as text to print.
    program: String,
    /// Its process group, once it runs.
    group: Option<Pid>,
}

/// The orders to terminate and kill the step.
struct Asks {
    terminate: CancellationToken,
    kill: CancellationToken,
    grace: Duration,
}

/// Starts a supervisor; the step may still fail to start.
pub(crate) fn spawn(stage: &HostStage, spawn: Spawn, grace: Duration) -> Result<Result<Process, Exit>, BackendError> {
    let Spawn { command, program, step } = spawn;
    let what = format!("start the step `{step}` on this machine");
    let failed = |source| BackendError::Io { what: what.clone(), source };
    let (control, theirs) = StdUnixStream::pair().map_err(failed)?;
    let (stdout, stdout_end) = io::pipe().map_err(failed)?;
    let (stderr, stderr_end) = io::pipe().map_err(failed)?;
    control.set_nonblocking(true).map_err(failed)?;
    let mut command = Command::from(command);
    command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(stdout_end).stderr(stderr_end);
    let child = match command.spawn() {
        Ok(child) => child,
        // An error of the step: its environment is too large, or has a zero byte.
        Err(error) if matches!(error.kind(), io::ErrorKind::ArgumentListTooLong | io::ErrorKind::InvalidInput) => {
            return Ok(Err(Exit::NotStarted { code: 126, reason: format!("`{program}` cannot be started: {error}") }));
        }
        Err(source) => return Err(failed(source)),
    };
    // The command has the supervisor's ends of the streams.
    drop(command);
    let (reports, orders) = UnixStream::from_std(control).map_err(failed)?.into_split();
    let (terminate, kill) = stage.keep(Supervised { step, child, orders });
    Ok(Ok(Process {
        reports: Reports { lines: BufReader::new(reports).lines(), program, group: None },
        stdout: OutputPipe::new(stdout, Stream::Stdout).map_err(failed)?,
        stderr: OutputPipe::new(stderr, Stream::Stderr).map_err(failed)?,
        asks: Asks { terminate, kill, grace },
    }))
}

impl Process {
    /// Fires when the program is asked to end, with its step group or stage.
    pub(crate) fn ending(&self) -> CancellationToken {
        self.asks.terminate.clone()
    }

    /// Waits until the program runs; otherwise returns why it does not.
    pub(crate) async fn started(&mut self) -> Result<Result<(), Exit>, BackendError> {
        match self.reports.next().await? {
            Report::Failed(errno) => Ok(Err(not_started(&self.reports.program, errno))),
            Report::Started(_) | Report::Exited(_) | Report::Signalled(_) => Ok(Ok(())),
        }
    }

    /// Follows a started program to its end. Processes that it left behind run until the stage is removed; their output
    /// is dropped.
    pub(crate) async fn follow(self, io: &StepIo) -> Result<Exit, BackendError> {
        let Self { mut reports, mut stdout, mut stderr, asks } = self;
        let stopped = AtomicBool::new(false);
        let exited = CancellationToken::new();
        let ended = async {
            let end = async {
                let end = reports.end().await;
                exited.cancel();
                end
            };
            tokio::join!(end, stdout.pump(io, &exited), stderr.pump(io, &exited))
        };
        let (exit, out, err) = tokio::select! {
            ended = ended => ended,
            never = asks.obey(io, &stopped) => match never {},
        };
        if stopped.load(Ordering::Relaxed) {
            // A stopped step leaves nothing behind.
            asks.kill.cancel();
            return Ok(Exit::Stopped);
        }
        let exit = exit?;
        out.and(err).map_err(|source| BackendError::Io { what: "read a step's output".to_owned(), source })?;
        stdout.discard();
        stderr.discard();
        Ok(exit)
    }
}

impl Reports {
    async fn end(&mut self) -> Result<Exit, BackendError> {
        loop {
            let code = match self.next().await? {
                Report::Started(_) => continue,
                Report::Failed(errno) => return Ok(not_started(&self.program, errno)),
                Report::Exited(code) => i64::from(code),
                // As in shells.
                Report::Signalled(signal) => 128 + i64::from(signal),
            };
            return Ok(Exit::Code { code, oom_killed: false });
        }
    }

    async fn next(&mut self) -> Result<Report, BackendError> {
        let reason = match self.lines.next_line().await {
            Ok(Some(line)) => match Report::decode(&line) {
                Some(report) => {
                    if let Report::Started(pid) = report {
                        self.group = Pid::from_raw(pid);
                    }
                    return Ok(report);
                }
                None => format!("its supervisor printed `{line}`: is it from another version of cirun?"),
            },
            Ok(None) => "its supervisor ended first: it was killed, or is not a supervisor".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(BackendError::Engine { what: format!("follow `{}`", self.program), reason: self.abandon(reason) })
    }

    /// No supervisor watches the step any more, so it must end. The supervisor has only just ended: the group's id cannot have
    /// been reused yet.
    fn abandon(&self, mut reason: String) -> String {
        if let Some(group) = self.group
            && let Err(error) = kill_process_group(group, Signal::KILL)
            && error != Errno::SRCH
        {
            reason.push_str(&format!("; its process group {group} could not be ended: {error}"));
        }
        reason
    }
}

impl Asks {
    /// Stops the program when asked to, and never returns: its follower sees its end.
    async fn obey(&self, io: &StepIo, stopped: &AtomicBool) -> std::convert::Infallible {
        tokio::select! {
            biased;
            () = io.kill.cancelled() => stopped.store(true, Ordering::Relaxed),
            () = io.stop.cancelled() => {
                stopped.store(true, Ordering::Relaxed);
                self.terminate.cancel();
                tokio::select! {
                    () = io.kill.cancelled() => {}
                    () = sleep(self.grace) => {}
                }
            }
        }
        self.kill.cancel();
        std::future::pending().await
    }
}

fn not_started(program: &str, errno: i32) -> Exit {
    let error = io::Error::from_raw_os_error(errno);
    let (code, why) = match error.kind() {
        io::ErrorKind::NotFound => {
            (127, "this machine has no such program: install it, or give the step an image".to_owned())
        }
        io::ErrorKind::PermissionDenied => (126, "you have no permission to execute it".to_owned()),
        _ if errno == Errno::NOEXEC.raw_os_error() => {
            (126, "it is for another processor, or is a script without `#!` (exec format error)".to_owned())
        }
        _ => (126, error.to_string()),
    };
    Exit::NotStarted { code, reason: format!("`{program}` did not start: {why}") }
}
