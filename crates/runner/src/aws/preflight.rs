//! The check before real pushes: cirun signs in for each step that pushes to ECR, as its plugin will, before anything is built.

use std::time::{Duration, SystemTime};

use cirun_aws::{Passed, PreflightError, Repository, preflight};
use cirun_diagnostics::{Failure, FailureKind, with_causes};
use cirun_engine::{Event, EventKind, Outcome};
use cirun_plan::StepPath;
use cirun_project::{
    Compiled, Dialogue,
    settings::{AwsMode, PushMode},
};
use jiff::Timestamp;

use super::{
    identity::{identity_options, sign_in_help},
    passwords::login_of,
};
use crate::record::history::History;

/// Signs in for each step that pushes to real ECR. Does nothing if AWS is not real or nothing is pushed.
///
/// # Errors
/// A step's identity cannot sign in or must not push.
pub async fn check(compiled: &Compiled, person: &dyn Dialogue) -> Result<(), Failure> {
    let settings = &compiled.settings;
    if settings.aws.value != AwsMode::Real || settings.push.value == PushMode::None {
        return Ok(());
    }
    let options = identity_options(settings);
    for target in &compiled.planned.targets {
        let Some(ecr) = &target.ecr else { continue };
        let Some(login) = &target.login else {
            person.say(&format!(
                "warning: `{}` signs in with values that only a running step decides: it is not checked before the run",
                target.step
            ));
            continue;
        };
        let repository =
            Repository { account: ecr.account.clone(), region: ecr.region.clone(), name: target.repository.clone() };
        let passed = preflight(&options, &login_of(login), &repository)
            .await
            .map_err(|error| failure(&error, target.step.as_str()))?;
        warn(compiled, &target.step, &passed, person);
    }
    Ok(())
}

fn failure(error: &PreflightError, step: &str) -> Failure {
    let help = match error {
        PreflightError::SignIn(error) => sign_in_help(error),
        PreflightError::Account { wanted, .. } => {
            format!("check `account`, take the connector of account {wanted}, or add `crossAccountAccess` to it")
        }
        PreflightError::Permission { action, .. } => format!("give the signer {action} in its IAM policy"),
        PreflightError::Repository { name, region, .. } => {
            format!(
                "make it: `aws ecr create-repository --repository-name {name} --region {region}`; or check `imageName`"
            )
        }
    };
    Failure::new(FailureKind::Aws, format!("step `{step}`: {}", with_causes(error))).help(help)
}

fn warn(compiled: &Compiled, step: &StepPath, passed: &Passed, person: &dyn Dialogue) {
    if let Some(reason) = &passed.unchecked {
        person.say(&format!("warning: `{step}` pushes to a repository that could not be looked up: {reason}"));
    }
    let left = passed.expires.and_then(|expires| expires.duration_since(SystemTime::now()).ok());
    let needed = last_time(compiled, step.full());
    if let (Some(left), Some(needed)) = (left, needed)
        && needed > left
    {
        person.say(&format!(
            "warning: the credentials of `{}` expire in {} min, and its push took {} min last time",
            step,
            left.as_secs() / 60,
            needed.as_secs().div_ceil(60)
        ));
    }
}

/// The time from the start of the pipeline's last run to the end of the step, if it succeeded.
fn last_time(compiled: &Compiled, step: &str) -> Option<Duration> {
    let mut runs = History::of(&compiled.paths).runs().ok()?;
    runs.retain(|run| run.pipeline == compiled.plan().pipeline);
    runs.iter().find_map(|run| until(run.started, &run.events().ok()?, step))
}

/// The time from a run's start to the end of a step that succeeded.
fn until(started: Timestamp, events: &[Event], step: &str) -> Option<Duration> {
    let end = events.iter().find(|event| match &event.kind {
        EventKind::StepFinished { step: path, outcome, .. } => *outcome == Outcome::Succeeded && path.full() == step,
        _ => false,
    });
    Duration::try_from(end?.at.duration_since(started)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_run_gives_the_duration_of_a_push() {
        let started = "2026-11-20T12:00:00Z".parse().unwrap();
        let ended = |step, outcome| {
            let time = "2026-11-20T12:10:00.500Z";
            let line = format!(r#"{{"type":"step_finished","time":"{time}","step":"{step}","outcome":"{outcome}"}}"#);
            cirun_report::read_event(&line).unwrap().unwrap()
        };
        let events = [ended("build.test", "failed"), ended("build.push", "succeeded")];
        assert_eq!(until(started, &events, "build.push"), Some(Duration::from_millis(600_500)));
        assert_eq!(until(started, &events, "build.test"), None);
    }
}
