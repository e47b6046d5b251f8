//! Background steps: started in their place, alive until the stage is removed.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    Dispatcher, NodeId,
    finish::Finish,
    live::{Since, Tail},
    tree::ROOT,
};
use crate::{
    Backend, EventKind, Exit, Outcome, ReadyAction, ReadyStep, RunError,
    attempt::{ServiceStart, ServiceTask},
    exit_code::{describe_exit_code, exit_code_meaning},
    resolve::Resolved,
};

/// A Background step whose turn has come.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) since: Since,
    /// How often it has been started: more than once if its step group runs again after its end.
    pub(super) starts: u32,
    pub(super) tail: Tail,
    state: ServiceState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ServiceState {
    Starting,
    Up,
    /// It ended by itself.
    Down(Exit),
    /// Its task panicked.
    Lost,
}

impl<B: Backend> Dispatcher<'_, B> {
    /// Starts a service; its branch goes on once it is started.
    pub(super) async fn start_service(&mut self, node: NodeId, resolved: Resolved) {
        let starts = match self.services.get(&node) {
            // Its step group runs again, and it runs still.
            Some(Service { state: ServiceState::Up, .. }) => {
                self.end_node(node, Outcome::Succeeded, None);
                return;
            }
            Some(earlier) => earlier.starts + 1,
            None => 1,
        };
        self.take_notes(&resolved).await;
        let service = Service {
            since: self.now(),
            starts,
            tail: Tail::new(self.context.config.tail_lines),
            state: ServiceState::Starting,
        };
        self.services.insert(node, service);
        let mut step = resolved.step;
        step.attempt = starts;
        let task = ServiceTask {
            backend: Arc::clone(&self.context.backend),
            step,
            preparation: self.preparations.take(node),
            wires: self.wires(node, CancellationToken::new()),
            stage_stop: self.stop.clone(),
            closing: self.closing.clone(),
        };
        self.spawn(node, task.run());
    }

    /// A service is started, or could not be.
    pub(super) async fn service_up(&mut self, node: NodeId, start: ServiceStart) {
        let path = self.tree.step(node).path.clone();
        match start {
            ServiceStart::Up(step) => {
                if let Some(service) = self.services.get_mut(&node) {
                    service.state = ServiceState::Up;
                }
                self.emitter().emit(EventKind::ServiceStarted { step: path, addresses: addresses(&step) }).await;
                self.end_node(node, Outcome::Succeeded, None);
            }
            ServiceStart::GivenUp => self.stopped(node).await,
            ServiceStart::Broken(error) => {
                let outcome = if self.halt.is_some() { Outcome::Aborted } else { Outcome::Failed };
                let finish = Finish::new(outcome).because(error.to_string());
                self.broke(RunError::Backend(error), Some(&path)).await;
                self.finish_step(node, finish).await;
            }
        }
    }

    /// A service ended by itself. The stage goes on, as in CI.
    pub(super) async fn service_down(&mut self, node: NodeId, exit: &Exit) {
        let path = self.tree.step(node).path.clone();
        let Some(service) = self.services.get_mut(&node) else { return };
        service.state = ServiceState::Down(exit.clone());
        let tail = service.tail.lines();
        let (exit_code, reason) = meaning(exit);
        let reason = reason.map(|reason| self.emitter().mask(&reason));
        self.emitter().emit(EventKind::ServiceExited { step: path, exit_code, reason, tail }).await;
    }

    /// The task of a service panicked.
    pub(super) fn service_lost(&mut self, node: NodeId) {
        let Some(service) = self.services.get_mut(&node) else { return };
        let was_starting = service.state == ServiceState::Starting;
        service.state = ServiceState::Lost;
        if was_starting {
            self.end_node(node, Outcome::Failed, None);
        }
    }

    /// Tells the ends of the services, after the removal of the stage. CI shows every started one as succeeded.
    pub(super) async fn finish_services(&mut self) {
        let ends: Vec<_> = self.services.iter().map(|(node, service)| (*node, service.state.clone())).collect();
        for (node, state) in ends {
            let finish = match state {
                ServiceState::Starting | ServiceState::Up => Finish::new(Outcome::Succeeded),
                ServiceState::Down(exit) => {
                    let reason = match &exit {
                        Exit::Code { code, oom_killed: false } => describe_exit_code(*code, None),
                        other => meaning(other).1.unwrap_or_default(),
                    };
                    let exit_code = Some(meaning(&exit).0);
                    let reason = format!("it ended before its stage: {reason}");
                    Finish { exit_code, ..Finish::new(Outcome::Succeeded).because(reason) }
                }
                ServiceState::Lost => Finish::new(Outcome::Failed).because("cirun has a bug: its task panicked"),
            };
            // No group runs again any more.
            self.report_step(node, ROOT, finish).await;
        }
    }
}

/// An exit's code, and what it says.
fn meaning(exit: &Exit) -> (i64, Option<String>) {
    match exit {
        Exit::Code { code, oom_killed: true } => {
            (*code, Some("it was killed for using more memory than its limit".to_owned()))
        }
        Exit::Code { code, oom_killed: false } => (*code, exit_code_meaning(*code).map(str::to_owned)),
        Exit::NotStarted { code, reason } => (*code, Some(format!("it could not be started: {reason}"))),
        // 128 + SIGTERM: what a shell gives for a stopped process.
        Exit::Stopped => (143, Some("it was stopped".to_owned())),
    }
}

/// The names and ports a service answers to, for people.
fn addresses(step: &ReadyStep) -> Vec<String> {
    match &step.action {
        ReadyAction::Container(container) => {
            let ports = container.ports.iter().map(|port| format!("localhost:{}", port.host));
            container.aliases.iter().cloned().chain(ports).collect()
        }
        ReadyAction::Host(_) => Vec::new(),
    }
}
