//! Failures of services, and their failure strategies (groups.advanced).
//!
//! For CI a service that has started is a success, whatever happens later (background.started). So only the service's
//! own strategies handle what happens after its start; those of the group and the stage around it handle a failed
//! start, because there the step fails in CI too.

use std::{sync::Arc, time::Duration};

use cirun_diagnostics::codes::run as codes;
use cirun_plan::{Attempts, StrategyLevel};
use tokio_util::sync::CancellationToken;

use super::{
    Dispatcher, NodeId,
    finish::Finish,
    live::Tail,
    services::ServiceState,
    strategy::{Decider, interval, when},
    tree::ROOT,
};
use crate::{
    Backend, BackendError, Exit, OutputFiles,
    attempt::{Job, Message, ServiceTask},
    failure::{self, Cause, Failure},
    verdict::{self, Verdict},
};

impl<B: Backend> Dispatcher<'_, B> {
    /// Applies a strategy to a service that the backend could not start. Returns whether there was one.
    pub(super) async fn act_on_failed_start(&mut self, node: NodeId, error: &BackendError) -> bool {
        let cause = match error {
            BackendError::Image { .. } => Cause::ImageNotStarted,
            BackendError::Engine { .. } => Cause::NotStarted,
            // There is no default value to proceed with.
            BackendError::Unreachable { .. } | BackendError::Io { .. } => return false,
        };
        let reason = Finish::broken(&self.tree.step(node), crate::Outcome::Failed, error).reason.unwrap_or_default();
        self.act_on_service(node, Failure { cause, exit_code: None, reason }, |_| true).await
    }

    /// Applies a strategy to a service that failed. Returns whether there was one.
    pub(super) async fn act_on_end(&mut self, node: NodeId, exit: &Exit, cause: Option<&str>) -> bool {
        let Some(service) = self.services.get(&node) else { return false };
        let job = Some(Job::Run(Box::new(service.step.clone())));
        let step = self.tree.step(node);
        let verdict = verdict::judge(&step, &job, false, Ok(exit.clone()), &OutputFiles::default());
        let Ok(Verdict::Failed(mut failure)) = verdict else { return false };
        if let Some(cause) = cause {
            cause.clone_into(&mut failure.reason);
        }
        self.act_on_service(node, failure, |level| level == StrategyLevel::Step).await
    }

    async fn act_on_service(&mut self, node: NodeId, failure: Failure, counts: impl Fn(StrategyLevel) -> bool) -> bool {
        if self.halt.is_some() || self.leaving.is_cancelled() {
            return false;
        }
        let step = self.tree.step(node);
        let strategies = step.failure_strategies.iter().filter(|strategy| counts(strategy.level));
        let Some(action) = failure::action(strategies, failure.cause) else { return false };
        self.act(node, failure, action, Decider::Strategy).await;
        true
    }

    /// Starts a service again, if an attempt is left. Steps after it wait meanwhile.
    pub(super) async fn retry_service(&mut self, node: NodeId, failure: &Failure, attempts: &Attempts) -> bool {
        let Some(service) = self.services.get_mut(&node) else { return false };
        if service.retries >= attempts.count {
            return false;
        }
        let pause = interval(attempts, service.retries);
        let text = format!("start {} failed ({}); the next one comes {}", service.starts, failure.reason, when(pause));
        service.retries += 1;
        service.starts += 1;
        service.step.attempt = service.starts;
        service.state = ServiceState::Starting;
        service.tail = Tail::new(self.context.config.tail_lines);
        let step = service.step.clone();
        self.emitter().diagnostic(codes::STEP_RETRY, &text, Some(&step.path)).await;
        let (wires, leaving) = (self.wires(node, CancellationToken::new()), self.leaving.clone());
        let task = ServiceTask {
            backend: Arc::clone(&self.context.backend),
            step,
            preparation: None,
            delay: Duration::ZERO,
            ready_within: self.context.config.services.ready_within,
            wires: wires.clone(),
            give_up: leaving.clone(),
            closing: self.closing.clone(),
        };
        self.spawn(node, async move {
            tokio::select! {
                biased;
                () = leaving.cancelled() => {}
                () = tokio::time::sleep(pause) => wires.send(Message::Started { node }).await,
            }
            task.run().await;
        });
        true
    }

    /// Ends a failed service whose outcome is decided. One that never started ends now; the end of another is reported
    /// with its stage's, like that of all services.
    pub(super) async fn settle_service(&mut self, node: NodeId, finish: Finish) {
        self.tree.amend(node, finish.outcome, finish.cause);
        let Some(service) = self.services.get_mut(&node) else { return };
        match service.state {
            ServiceState::Down(..) => service.decided = Some(finish),
            ServiceState::Starting
            | ServiceState::Up { .. }
            | ServiceState::Settled
            | ServiceState::Failed
            | ServiceState::Lost => self.end_service(node, finish).await,
        }
    }

    /// Ends a service that does not run and is not started again. While a step group around it may run again, which
    /// starts it again or reports the end of all its steps, the end is reported with the stage's.
    pub(super) async fn end_service(&mut self, node: NodeId, finish: Finish) {
        let may_run_again = self.tree.around(node).any(|id| self.tree.branch(id).holds);
        match self.services.get_mut(&node) {
            Some(service) if may_run_again => {
                service.state = ServiceState::Failed;
                service.decided = Some(finish);
            }
            Some(_) | None => self.report_step(node, ROOT, finish).await,
        }
    }
}
