//! The execution of failure strategies (flow.strategies).

use std::time::Duration;

use cirun_diagnostics::codes::run as codes;
use cirun_plan::{Attempts, FailureAction};
use tokio::sync::oneshot;

use super::{Dispatcher, NodeId, branch::Restart, finish::Finish, services::ServiceState};
use crate::{
    Answer, Backend, Outcome, Question,
    attempt::Message,
    context::Halt,
    failure::{self, Cause, Failure},
};

/// Who decided what to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decider {
    Strategy,
    Person,
}

impl Decider {
    /// The end of a failed step by this decision.
    fn finish(self, action: &str, failure: Failure, outcome: Outcome) -> Finish {
        let decision = match self {
            Self::Strategy => "its failure strategy is",
            Self::Person => "a person chose",
        };
        let reason = format!("{}; {decision} `{action}`", failure.reason);
        Finish::after(Failure { reason, ..failure }, outcome)
    }
}

impl<B: Backend> Dispatcher<'_, B> {
    /// Handles the failure of a registered step: its first strategy for the error decides. Once the run is ending, a
    /// failure is final.
    pub(super) async fn failed(&mut self, node: NodeId, failure: Failure) {
        let step = self.tree.step(node);
        match failure::action(&step.failure_strategies, failure.cause) {
            Some(action) if self.halt.is_none() => self.act(node, failure, action, Decider::Strategy).await,
            Some(_) | None => {
                let outcome = failed_outcome(failure.cause);
                self.finish_step(node, Finish::after(failure, outcome)).await;
            }
        }
    }

    /// Takes the action of a strategy for a step or service that failed.
    pub(super) async fn act(&mut self, node: NodeId, failure: Failure, action: &FailureAction, decider: Decider) {
        let finish = match action {
            FailureAction::Retry { attempts, then } => {
                if !self.retry(node, &failure, attempts).await {
                    Box::pin(self.act(node, failure, then, decider)).await;
                }
                return;
            }
            FailureAction::ManualIntervention { timeout, on_timeout } => {
                if !self.ask(node, &failure, *timeout, on_timeout).await {
                    Box::pin(self.act(node, failure, on_timeout, decider)).await;
                }
                return;
            }
            FailureAction::RetryStepGroup(attempts) => {
                if self.retry_group(node, &failure, attempts).await {
                    return;
                }
                let outcome = failed_outcome(failure.cause);
                Finish::after(failure, outcome)
            }
            FailureAction::Ignore => decider.finish("Ignore", failure, Outcome::Ignored),
            FailureAction::MarkAsSuccess => decider.finish("MarkAsSuccess", failure, Outcome::Succeeded),
            FailureAction::MarkAsFailure => decider.finish("MarkAsFailure", failure, Outcome::Failed),
            FailureAction::Abort => decider.finish("Abort", failure, Outcome::Aborted),
            FailureAction::StageRollback => {
                let outcome = failed_outcome(failure.cause);
                decider.finish("StageRollback", failure, outcome)
            }
            // A local run has no runtime inputs to ask for, so there is nothing to proceed with.
            FailureAction::ProceedWithDefaultValues => {
                let outcome = failed_outcome(failure.cause);
                decider.finish("ProceedWithDefaultValues", failure, outcome)
            }
        };
        self.finish_failed(node, finish).await;
        self.halt_for(node, action);
    }

    /// Ends a step or service that failed.
    pub(super) async fn finish_failed(&mut self, node: NodeId, finish: Finish) {
        if self.services.contains_key(&node) {
            self.settle_service(node, finish).await;
        } else {
            self.finish_step(node, finish).await;
        }
    }

    /// Ends the stage or the run if the action requires it.
    fn halt_for(&mut self, node: NodeId, action: &FailureAction) {
        let step = self.tree.steps_under(node).first().map(|step| self.tree.step(*step).path.clone());
        match (action, step) {
            (FailureAction::Abort, Some(step)) => self.halt(Halt::Aborted { step }),
            (FailureAction::StageRollback, Some(step)) => self.halt(Halt::RolledBack { step }),
            _ => {}
        }
    }

    /// Runs a step again, if an attempt is left. An expression that cannot be evaluated is not tried again.
    async fn retry(&mut self, node: NodeId, failure: &Failure, attempts: &Attempts) -> bool {
        if self.services.contains_key(&node) {
            return self.retry_service(node, failure, attempts).await;
        }
        let path = self.tree.step(node).path.clone();
        let Some(live) = self.live.get_mut(&node) else { return false };
        if live.retries >= attempts.count || live.job.is_none() {
            return false;
        }
        let pause = interval(attempts, live.retries);
        let text = format!("attempt {} failed ({}); the next one starts {}", live.attempt, failure.reason, when(pause));
        live.retries += 1;
        live.attempt += 1;
        self.emitter().diagnostic(codes::STEP_RETRY, &text, Some(&path)).await;
        self.start_attempt(node, pause);
        true
    }

    /// Runs the step group around a step again, if an attempt is left: its running steps are stopped first.
    async fn retry_group(&mut self, node: NodeId, failure: &Failure, attempts: &Attempts) -> bool {
        let path = self.tree.step(node).path.clone();
        let Some(group) = self.tree.step_group(node) else {
            let text = "`RetryStepGroup` has no effect: the step is in no step group";
            self.emitter().diagnostic(codes::NO_STEP_GROUP, text, Some(&path)).await;
            return false;
        };
        if self.tree.outcome(group).is_some() {
            return false;
        }
        let branch = self.tree.branch_mut(group);
        let id = branch.group.as_ref().map(|info| info.id.clone()).unwrap_or_default();
        if branch.restart != Restart::No {
            self.live.remove(&node);
            self.end_quietly(node);
            return true;
        }
        if branch.retries >= attempts.count {
            return false;
        }
        let pause = interval(attempts, branch.retries);
        branch.restart = Restart::Wanted(pause);
        branch.retries += 1;
        let text = format!(
            "{}: step group `{id}` runs again {} ({} of {} times)",
            failure.reason,
            when(pause),
            branch.retries,
            attempts.count
        );
        self.emitter().diagnostic(codes::STEP_GROUP_RETRY, &text, Some(&path)).await;
        for step in self.tree.steps_under(group) {
            if let Some(live) = self.live.get(&step) {
                live.stop.cancel();
            }
        }
        self.live.remove(&node);
        self.end_quietly(node);
        true
    }

    /// Asks the user, if there is one.
    async fn ask(&mut self, node: NodeId, failure: &Failure, timeout: Duration, on_timeout: &FailureAction) -> bool {
        let path = self.tree.step(node).path.clone();
        let Some(questions) = self.context.config.questions.clone() else {
            let text = format!(
                "no one is there to answer, so cirun takes the action `{}` at once, as after the timeout",
                word(on_timeout)
            );
            self.emitter().diagnostic(codes::NO_ONE_TO_ASK, &text, Some(&path)).await;
            return false;
        };
        let (reason, otherwise) = (self.emitter().mask(&failure.reason), word(on_timeout));
        let text = format!("{reason}; waiting for an answer, and after {timeout:?} the action is `{otherwise}`");
        self.emitter().diagnostic(codes::MANUAL_INTERVENTION, &text, Some(&path)).await;
        let (sender, stop) = (self.sender.clone(), self.stop.child_token());
        let question = Some((failure.clone(), on_timeout.clone()));
        match (self.live.get_mut(&node), self.services.get_mut(&node)) {
            (Some(live), _) => (live.asked, live.stop) = (question, stop.clone()),
            // Steps after a service wait for the answer.
            (None, Some(service)) => (service.asked, service.state) = (question, ServiceState::Starting),
            (None, None) => return false,
        }
        let task = async move {
            let (reply, answer) = oneshot::channel();
            let asked = async {
                questions.send(Question { step: path, reason, timeout, otherwise, reply }).await.ok()?;
                answer.await.ok()
            };
            let answer = tokio::select! {
                biased;
                () = stop.cancelled() => None,
                answer = asked => answer,
                () = tokio::time::sleep(timeout) => None,
            };
            let _gone = sender.send(Message::Answered { node, answer }).await;
        };
        self.spawn(node, task);
        true
    }

    /// Handles an answer, its absence, or the end of the run.
    pub(super) async fn answered(&mut self, node: NodeId, answer: Option<Answer>) {
        let asked = match (self.live.get_mut(&node), self.services.get_mut(&node)) {
            (Some(live), _) => live.asked.take(),
            (None, Some(service)) => {
                service.state = ServiceState::Failed;
                service.asked.take()
            }
            (None, None) => None,
        };
        let Some((failure, on_timeout)) = asked else { return };
        if self.halt.is_some() || self.tree.is_restarting(node) {
            self.stopped(node).await;
            return;
        }
        let once_more = Attempts { count: u32::MAX, intervals: Vec::new() };
        let decider = if answer.is_some() { Decider::Person } else { Decider::Strategy };
        let action = match answer {
            None => on_timeout,
            Some(Answer::Retry) => {
                FailureAction::Retry { attempts: once_more, then: Box::new(FailureAction::MarkAsFailure) }
            }
            Some(Answer::Ignore) => FailureAction::Ignore,
            Some(Answer::MarkAsSuccess) => FailureAction::MarkAsSuccess,
            Some(Answer::MarkAsFailure) => FailureAction::MarkAsFailure,
            Some(Answer::Abort) => FailureAction::Abort,
        };
        self.act(node, failure, &action, decider).await;
    }

    /// The outcome of a step group after its own strategies. Its steps carry these strategies too, so only a failure
    /// that a step's own strategy accepted arrives here, and there is nothing to retry or to ask.
    pub(super) fn group_outcome(&mut self, node: NodeId, combined: Outcome, cause: Option<Cause>) -> Outcome {
        let (Some(group), Some(cause)) = (&self.tree.branch(node).group, cause) else { return combined };
        if combined.is_positive() || combined == Outcome::Aborted || self.halt.is_some() {
            return combined;
        }
        let mut action = failure::action(&group.failure_strategies, cause).cloned();
        while let Some(FailureAction::Retry { then, .. }) = action {
            action = Some(*then);
        }
        let Some(action) = action else { return combined };
        self.halt_for(node, &action);
        match action {
            FailureAction::Ignore => Outcome::Ignored,
            FailureAction::MarkAsSuccess => Outcome::Succeeded,
            FailureAction::Abort => Outcome::Aborted,
            FailureAction::MarkAsFailure
            | FailureAction::StageRollback
            | FailureAction::ProceedWithDefaultValues
            | FailureAction::Retry { .. }
            | FailureAction::RetryStepGroup(_)
            | FailureAction::ManualIntervention { .. } => combined,
        }
    }
}

/// The service's name for an action.
fn word(action: &FailureAction) -> &'static str {
    match action {
        FailureAction::Ignore => "Ignore",
        FailureAction::Retry { .. } => "Retry",
        FailureAction::MarkAsSuccess => "MarkAsSuccess",
        FailureAction::MarkAsFailure => "MarkAsFailure",
        FailureAction::Abort => "Abort",
        FailureAction::StageRollback => "StageRollback",
        FailureAction::RetryStepGroup(_) => "RetryStepGroup",
        FailureAction::ManualIntervention { .. } => "ManualIntervention",
        FailureAction::ProceedWithDefaultValues => "ProceedWithDefaultValues",
    }
}

fn failed_outcome(cause: Cause) -> Outcome {
    match cause {
        Cause::Timeout => Outcome::TimedOut,
        Cause::ExitCode
        | Cause::OutOfMemory
        | Cause::NotStarted
        | Cause::ImageNotStarted
        | Cause::Outputs
        | Cause::Expression => Outcome::Failed,
    }
}

pub(super) fn when(pause: Duration) -> String {
    if pause.is_zero() { "at once".to_owned() } else { format!("in {pause:?}") }
}

/// The pause before the attempt after `done` retries; the last interval repeats.
pub(super) fn interval(attempts: &Attempts, done: u32) -> Duration {
    let index = usize::try_from(done).unwrap_or(usize::MAX).min(attempts.intervals.len().saturating_sub(1));
    attempts.intervals.get(index).copied().unwrap_or_default()
}
