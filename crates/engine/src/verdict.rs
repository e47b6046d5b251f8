//! Decides what the end of an attempt means for its step. Pure.

use cirun_plan::PlannedStep;

use crate::{
    BackendError, Exit, OutputFiles, ReadyAction,
    attempt::Job,
    exit_code::describe_exit_code,
    failure::{Cause, Failure},
    outputs::{self, Outputs},
    written,
};

/// The code with which the service reports errors of its own runner (flow.runner-error).
const RUNNER_ERROR: i64 = 255;

/// A shell found no such program.
const NO_PROGRAM: i64 = 127;

/// The result of an attempt.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// It succeeded.
    Succeeded { exit_code: Option<i64>, outputs: Outputs },
    /// It failed; failure strategies decide.
    Failed(Failure),
    /// It was stopped, other than by its timeout.
    Stopped,
}

/// Judges an attempt; an error means that the backend could not find out how it ended.
pub(crate) fn judge(
    step: &PlannedStep,
    job: &Option<Job>,
    timed_out: bool,
    exit: Result<Exit, BackendError>,
    files: &OutputFiles,
) -> Result<Verdict, BackendError> {
    let failed = |cause, exit_code, reason| Ok(Verdict::Failed(Failure { cause, exit_code, reason }));
    match exit? {
        Exit::Code { code: 0, .. } if is_wait(job) => {
            Ok(Verdict::Succeeded { exit_code: None, outputs: Outputs::default() })
        }
        Exit::Code { code: 0, .. } => match outputs::read(files, &step.outputs) {
            Ok(outputs) => Ok(Verdict::Succeeded { exit_code: Some(0), outputs }),
            Err(error) => failed(Cause::Outputs, Some(RUNNER_ERROR), error.to_string()),
        },
        Exit::Code { code, oom_killed: true } => {
            let reason = format!("it was killed for using more memory than its limit (exit code {code})");
            failed(Cause::OutOfMemory, Some(code), reason)
        }
        Exit::Code { code: NO_PROGRAM, oom_killed: false } if is_on_host(job) => {
            let reason = describe_exit_code(NO_PROGRAM, Some("this machine has no such command"));
            failed(Cause::ExitCode, Some(NO_PROGRAM), reason)
        }
        Exit::Code { code, oom_killed: false } => failed(Cause::ExitCode, Some(code), describe_exit_code(code, None)),
        Exit::Stopped if timed_out => {
            let reason = format!("it took longer than its timeout of {:?}", step.timeout.value);
            failed(Cause::Timeout, None, reason)
        }
        Exit::Stopped => Ok(Verdict::Stopped),
        Exit::NotStarted { code, reason } => {
            let cause = if has_own_program(job) { Cause::NotStarted } else { Cause::ImageNotStarted };
            failed(cause, Some(code), written::not_started(step, &reason))
        }
    }
}

fn is_on_host(job: &Option<Job>) -> bool {
    matches!(job, Some(Job::Run(ready)) if matches!(ready.action, ReadyAction::Host(_)))
}

fn is_wait(job: &Option<Job>) -> bool {
    matches!(job, Some(Job::Wait(_)))
}

/// Whether the step names the program, rather than its image.
fn has_own_program(job: &Option<Job>) -> bool {
    match job {
        Some(Job::Run(ready)) => match &ready.action {
            ReadyAction::Container(container) => container.entrypoint.is_some(),
            ReadyAction::Host(_) => true,
        },
        Some(Job::Wait(_)) | None => true,
    }
}
