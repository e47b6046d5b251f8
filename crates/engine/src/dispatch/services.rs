//! Background steps: they start at their place, and run until the stage is removed.
//!
//! A start does not delay the services after it, because in CI it happens in the background; it delays the steps after
//! it (`super::waiting`).

use std::{sync::Arc, time::Duration};

use cirun_diagnostics::codes::run as codes;
use cirun_plan::{FailureAction, StepPath};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Dispatcher, NodeId,
    finish::Finish,
    live::{Since, Tail},
    service_text::{addresses, last_lines, meaning},
    tree::ROOT,
};
use crate::{
    AtServiceExit, Backend, BackendError, EventKind, Exit, Outcome, Readiness, ReadyStep, RunError, TestSummary,
    attempt::{ServiceStart, ServiceTask, collect_reports},
    context::Halt,
    event::ENDED_EARLY,
    exit_code::describe_exit_code,
    failure::Failure,
    resolve::Resolved,
    written,
};

/// A Background step whose turn has come.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) since: Since,
    /// The number of starts: more than one if its step group runs again after its end.
    pub(super) starts: u32,
    pub(super) tail: Tail,
    pub(super) state: ServiceState,
    /// Its start is delayed on purpose, to reproduce a race.
    pub(super) delayed: bool,
    /// The first step after it that could have begun before it was ready, and when.
    pub(super) wanted: Option<(Instant, NodeId)>,
    /// The number of restarts by a failure strategy.
    pub(super) retries: u32,
    /// The step as it was last started.
    pub(super) step: ReadyStep,
    /// Whether its reports are still unread.
    unread_reports: bool,
    pub(super) tests: Option<TestSummary>,
    /// The failure that waits for a user's answer, and the action without an answer.
    pub(super) asked: Option<(Failure, FailureAction)>,
    /// The outcome that a failure strategy decided.
    pub(super) decided: Option<Finish>,
}

/// The state of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServiceState {
    Starting,
    /// It has started; its readiness is being watched.
    Up {
        since: Instant,
    },
    /// It has started; it is ready, or that is unknown, or it was not ready in time.
    Settled,
    /// It ended by itself.
    Down(Exit, Option<String>),
    /// It could not be started, and a failure strategy decides.
    Failed,
    /// Its task panicked.
    Lost,
}

impl<B: Backend> Dispatcher<'_, B> {
    /// Begins the start of a service. The services after it do not wait for that.
    pub(super) async fn start_service(&mut self, node: NodeId, resolved: Resolved) {
        let starts = match self.services.get(&node) {
            // Its step group runs again, and the service still runs.
            Some(Service {
                state: ServiceState::Starting | ServiceState::Up { .. } | ServiceState::Settled, ..
            }) => {
                self.end_node(node, Outcome::Succeeded, None);
                return;
            }
            Some(earlier) => earlier.starts + 1,
            None => 1,
        };
        self.take_notes(&resolved).await;
        let Resolved { mut step, .. } = resolved;
        step.attempt = starts;
        let rules = &self.context.config.services;
        let delay = rules.delays.get(&step.path).copied().unwrap_or_default();
        let service = Service {
            since: self.now(),
            starts,
            tail: Tail::new(self.context.config.tail_lines),
            state: ServiceState::Starting,
            delayed: !delay.is_zero(),
            wanted: None,
            retries: 0,
            unread_reports: !step.reports.is_empty(),
            step: step.clone(),
            tests: None,
            asked: None,
            decided: None,
        };
        self.services.insert(node, service);
        self.started(node).await;
        let task = ServiceTask {
            backend: Arc::clone(&self.context.backend),
            step,
            preparation: self.preparations.take(node),
            delay,
            ready_within: rules.ready_within,
            wires: self.wires(node, CancellationToken::new()),
            give_up: self.leaving.clone(),
            closing: self.closing.clone(),
        };
        self.spawn(node, task.run());
        self.end_node(node, Outcome::Succeeded, None);
    }

    /// Handles the result of a service's start.
    pub(super) async fn service_up(&mut self, node: NodeId, start: ServiceStart) {
        let planned = self.tree.step(node);
        let path = planned.path.clone();
        let finish = match start {
            ServiceStart::Up(step) => {
                if let Some(service) = self.services.get_mut(&node) {
                    service.state = ServiceState::Up { since: Instant::now() };
                }
                self.emitter().emit(EventKind::ServiceStarted { step: path, addresses: addresses(&step) }).await;
                return;
            }
            ServiceStart::GivenUp => match &*self.halt {
                Some(halt) => Finish::new(Outcome::Aborted).because(halt.for_running_steps()),
                None => Finish::new(Outcome::Skipped).because("the stage ended before its delay was over"),
            },
            ServiceStart::Broken(error) => {
                if let Some(service) = self.services.get_mut(&node) {
                    service.state = ServiceState::Failed;
                }
                if self.act_on_failed_start(node, &error).await {
                    return;
                }
                let outcome = if self.halt.is_some() { Outcome::Aborted } else { Outcome::Failed };
                let finish = Finish::broken(&planned, outcome, &error);
                self.broke(RunError::Backend(error), Some(&path)).await;
                finish
            }
        };
        self.afterwards.add(finish.outcome);
        self.end_service(node, finish).await;
    }

    /// Handles the end of the watch over a service's start.
    pub(super) async fn service_probed(&mut self, node: NodeId, found: Result<Readiness, BackendError>) {
        let planned = self.tree.step(node);
        let path = planned.path.clone();
        let place = written::program(&planned);
        let race_from = self.context.config.services.race_from;
        let Some(service) = self.services.get_mut(&node) else { return };
        let ServiceState::Up { since } = service.state else { return };
        service.state = ServiceState::Settled;
        let tail = service.tail.lines();
        let wanted = service.wanted.take();
        match found {
            Ok(Readiness::Ready) => {
                self.emitter().emit(EventKind::ServiceReady { step: path.clone(), after: since.elapsed() }).await;
                if let Some((at, step)) = wanted
                    && at.elapsed() >= race_from
                {
                    self.report_race(&path, at.elapsed(), step).await;
                }
            }
            Ok(Readiness::Unknown | Readiness::Ended) => {}
            Ok(Readiness::NotInTime { missing }) => {
                let within = self.context.config.services.ready_within.as_secs();
                let text = format!(
                    "it was not ready within {within} s: {missing}; CI does not wait, so the stage continues; with \
                     `--no-wait` it continues at once ({place}){}",
                    last_lines(&tail)
                );
                self.emitter().diagnostic(codes::SERVICE_NOT_READY, &text, Some(&path)).await;
            }
            Err(error) => {
                let text = format!("cirun could not check whether it is ready: {error}");
                self.emitter().diagnostic(codes::SERVICE_NOT_SEEN, &text, Some(&path)).await;
            }
        }
    }

    async fn report_race(&self, service: &StepPath, gap: Duration, node: NodeId) {
        let began = if self.held.iter().any(|(held, _)| *held == node) { "could have begun" } else { "began" };
        let step = &self.tree.step(node).path;
        let text = format!(
            "it was ready {:.1} s after `{step}` {began}: CI does not wait, so `{step}` fails there unless it waits \
             itself; let it wait until `{service}` answers",
            gap.as_secs_f64()
        );
        self.emitter().diagnostic(codes::SERVICE_RACE, &text, Some(service)).await;
    }

    /// Handles a service that ended by itself. The stage continues, as in CI, unless the run is stricter.
    pub(super) async fn service_down(&mut self, node: NodeId, exit: Exit, cause: Option<String>) {
        let planned = self.tree.step(node);
        let path = planned.path.clone();
        let (exit_code, reason) = meaning(&planned, &exit, cause.as_deref());
        let Some(service) = self.services.get_mut(&node) else { return };
        let tail = service.tail.lines();
        service.state = ServiceState::Down(exit.clone(), cause.clone());
        let reason = reason.map(|reason| self.emitter().mask(&reason));
        self.emitter().emit(EventKind::ServiceExited { step: path.clone(), exit_code, reason, tail }).await;
        if self.act_on_end(node, &exit, cause.as_deref()).await {
            return;
        }
        if matches!(exit, Exit::NotStarted { .. }) {
            let text = "it could not be started; the stage continues without it, as in CI";
            self.emitter().diagnostic(codes::SERVICE_NOT_STARTED, text, Some(&path)).await;
        }
        let fails = self.context.config.services.at_exit == AtServiceExit::FailStage;
        if fails && self.halt.is_none() && !self.leaving.is_cancelled() {
            self.halt(Halt::ServiceEnded { service: path });
        }
    }

    /// Handles a panic of a service's task, which ends the run.
    pub(super) fn service_lost(&mut self, node: NodeId) {
        if let Some(service) = self.services.get_mut(&node) {
            service.state = ServiceState::Lost;
        }
    }

    /// Reads the reports of services, of one step group or of all, before they are removed.
    pub(super) async fn collect_service_reports(&mut self, group: Option<&StepPath>) {
        let is_meant = |node: &&NodeId| group.is_none_or(|group| self.tree.step(**node).path.is_within(group));
        let nodes: Vec<NodeId> = self.services.keys().filter(is_meant).copied().collect();
        for node in nodes {
            let Some(service) = self.services.get_mut(&node) else { continue };
            if !std::mem::take(&mut service.unread_reports) {
                continue;
            }
            let step = service.step.clone();
            let (tests, notes) = collect_reports(&*self.context.backend, &step).await;
            for note in notes {
                self.emitter().diagnostic(codes::REPORT_UNUSABLE, &note, Some(&step.path)).await;
            }
            if let Some(service) = self.services.get_mut(&node) {
                service.tests = tests;
            }
        }
    }

    /// Reports the ends of the services, after the removal of the stage. CI shows every one that started as succeeded.
    pub(super) async fn finish_services(&mut self) {
        let services = self.services.iter_mut();
        let ends: Vec<_> =
            services.map(|(node, service)| (*node, service.state.clone(), service.decided.take())).collect();
        for (node, state, decided) in ends {
            if let Some(finish) = decided {
                self.report_step(node, ROOT, finish).await;
                continue;
            }
            let finish = match state {
                ServiceState::Starting | ServiceState::Up { .. } | ServiceState::Settled => {
                    Finish::new(Outcome::Succeeded)
                }
                ServiceState::Failed => Finish::new(Outcome::Failed).because("it could not be started"),
                ServiceState::Down(exit, cause) => {
                    let (code, meaning) = meaning(&self.tree.step(node), &exit, cause.as_deref());
                    let reason = match exit {
                        Exit::Code { code, oom_killed: false } if cause.is_none() => describe_exit_code(code, None),
                        _ => meaning.unwrap_or_default(),
                    };
                    let outcome = match self.context.config.services.at_exit {
                        AtServiceExit::GoOn => Outcome::Succeeded,
                        AtServiceExit::FailStage => Outcome::Failed,
                    };
                    let reason = format!("{ENDED_EARLY}: {reason}");
                    Finish { exit_code: Some(code), ..Finish::new(outcome).because(reason) }
                }
                ServiceState::Lost => Finish::new(Outcome::Failed).because("cirun has a bug: its task panicked"),
            };
            // No group runs again any more.
            self.report_step(node, ROOT, finish).await;
        }
    }
}
