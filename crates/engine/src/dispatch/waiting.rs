//! Steps that are held back until the services before them can be used.

use cirun_plan::{Action, PlannedStep};
use tokio::time::Instant;

use super::{
    Dispatcher, NodeId, Work,
    services::{Service, ServiceState},
};
use crate::{Backend, ServiceRules, Waiting};

/// What a step wants of the services before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    /// That they are started: it uses none of them (`Wait`).
    Started,
    /// That they can be used.
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
    /// Whether it is on its way up still.
    fn is_coming(&self) -> bool {
        match self.state {
            ServiceState::Starting | ServiceState::Up { .. } => true,
            ServiceState::Settled | ServiceState::Down(..) | ServiceState::Failed | ServiceState::Lost => false,
        }
    }

    /// Whether a step that comes after it is held back. Nobody waits for a service whose start is delayed.
    fn holds(&self, wants: Wants, rules: &ServiceRules) -> bool {
        match self.state {
            ServiceState::Starting => !self.delayed,
            ServiceState::Up { .. } => !self.delayed && wants == Wants::Ready && rules.waiting == Waiting::UntilReady,
            ServiceState::Settled | ServiceState::Down(..) | ServiceState::Failed | ServiceState::Lost => false,
        }
    }
}

impl<B: Backend> Dispatcher<'_, B> {
    /// Holds a step back whose turn has come while services before it are on their way up. Says whether it did.
    pub(super) fn hold(&mut self, node: NodeId, step: &PlannedStep) -> bool {
        let wants = Wants::of(step);
        self.mark_wanted(node, wants);
        let held = self.is_held(node, wants);
        if held {
            self.held.push((node, wants));
        }
        held
    }

    /// Lets held steps go for which nothing more is waited, and those that are not to run any more. Says whether there
    /// were any.
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

    /// Notes that CI would begin the step now: the services before it are started, whether they are ready or not.
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

    /// Whether services are being started whose start the stage waits for.
    pub(super) fn is_starting_services(&self) -> bool {
        self.services.values().any(|service| service.state == ServiceState::Starting && !service.delayed)
    }

    fn is_held(&self, node: NodeId, wants: Wants) -> bool {
        let rules = &self.context.config.services;
        self.services.iter().any(|(id, service)| service.holds(wants, rules) && self.tree.precedes(*id, node))
    }
}
