//! Steps that wait until the services before them can be used.

use cirun_plan::{Action, PlannedStep};
use tokio::time::Instant;

use super::{
    Dispatcher, NodeId, Work,
    services::{Service, ServiceState},
};
use crate::{Backend, ServiceRules, Waiting};

/// The state of services that a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    /// They have started: the step uses none of them (`Wait`).
    Started,
    /// They can be used.
    Ready,
}

impl Wants {
    fn of(step: &PlannedStep) -> Self {
        match step.action {
            Action::Wait(_) => Self::Started,
            Action::Container(_) | Action::Host(_) | Action::Skip(_) => Self::Ready,
        }
    }
}

impl Service {
    /// Whether it is still starting.
    fn is_coming(&self) -> bool {
        match self.state {
            ServiceState::Starting | ServiceState::Up { .. } => true,
            ServiceState::Settled | ServiceState::Down(..) | ServiceState::Failed | ServiceState::Lost => false,
        }
    }

    /// Whether it holds back the steps after it. No step waits for a service whose start is delayed on purpose.
    fn holds(&self, wants: Wants, rules: &ServiceRules) -> bool {
        match self.state {
            ServiceState::Starting => !self.delayed,
            ServiceState::Up { .. } => !self.delayed && wants == Wants::Ready && rules.waiting == Waiting::UntilReady,
            ServiceState::Settled | ServiceState::Down(..) | ServiceState::Failed | ServiceState::Lost => false,
        }
    }
}

impl<B: Backend> Dispatcher<'_, B> {
    /// Holds back a step whose turn has come while services before it are starting. Returns whether it did.
    pub(super) fn hold(&mut self, node: NodeId, step: &PlannedStep) -> bool {
        let wants = Wants::of(step);
        self.mark_wanted(node, wants);
        let held = self.is_held(node, wants);
        if held {
            self.held.push((node, wants));
        }
        held
    }

    /// Releases held steps whose services are ready, and those that should not run any more. Returns whether there were
    /// any.
    pub(super) fn release(&mut self) -> bool {
        let mut released = false;
        for (node, wants) in std::mem::take(&mut self.held) {
            if self.halt.is_none() && !self.tree.is_restarting(node) && self.is_held(node, wants) {
                self.mark_wanted(node, wants);
                self.held.push((node, wants));
            } else {
                self.work.push_back(Work::Turn(node));
                released = true;
            }
        }
        released
    }

    /// Records that CI would begin the step now: the services before it have started, ready or not.
    fn mark_wanted(&mut self, node: NodeId, wants: Wants) {
        if wants == Wants::Started || self.is_held(node, Wants::Started) {
            return;
        }
        let now = Instant::now();
        let (tree, services) = (&self.tree, &mut self.services);
        for (_, service) in services.iter_mut().filter(|(id, _)| tree.precedes(**id, node)) {
            if service.is_coming() {
                service.wanted.get_or_insert((now, node));
            }
        }
    }

    /// Whether services that the stage waits for are starting.
    pub(super) fn is_starting_services(&self) -> bool {
        self.services.values().any(|service| service.state == ServiceState::Starting && !service.delayed)
    }

    fn is_held(&self, node: NodeId, wants: Wants) -> bool {
        let rules = &self.context.config.services;
        self.services.iter().any(|(id, service)| service.holds(wants, rules) && self.tree.precedes(*id, node))
    }
}
