//! Look-ahead: the steps that come next are prepared while others run.

use std::{collections::HashMap, sync::Arc};

use cirun_plan::{Action, PlannedStep};
use tokio::task::JoinHandle;

use super::{Dispatcher, NodeId};
use crate::{Backend, attempt::Preparation};

/// The preparations, running or done, of steps whose turn has not come.
pub(super) struct Preparations {
    /// Every step, in written order.
    order: Vec<NodeId>,
    /// The first step that was neither prepared nor skipped.
    next: usize,
    ahead: HashMap<NodeId, Preparation>,
    /// The removals of preparations of steps that will not run.
    discarded: Vec<JoinHandle<()>>,
}

impl Preparations {
    pub(super) fn new(order: Vec<NodeId>) -> Self {
        Self { order, next: 0, ahead: HashMap::new(), discarded: Vec::new() }
    }

    /// Takes the preparation of a step whose turn has come.
    pub(super) fn take(&mut self, node: NodeId) -> Option<Preparation> {
        self.ahead.remove(&node)
    }
}

impl<B: Backend> Dispatcher<'_, B> {
    /// Ends the preparation of a step that has ended without it, and removes what it made.
    pub(super) fn discard_preparation(&mut self, node: NodeId) {
        let Some(preparation) = self.preparations.take(node) else { return };
        let (backend, path) = (Arc::clone(&self.context.backend), self.tree.step(node).path.clone());
        self.preparations.discarded.push(tokio::spawn(async move {
            preparation.abort();
            let _whatever_came_of_it = preparation.await;
            backend.discard(&path).await;
        }));
    }

    /// Starts preparations, up to the configured number of steps ahead.
    pub(super) fn look_ahead(&mut self) {
        while self.halt.is_none() && self.preparations.ahead.len() < self.context.config.look_ahead {
            let Some(&node) = self.preparations.order.get(self.preparations.next) else { return };
            self.preparations.next += 1;
            let step = self.tree.step(node);
            let has_come = self.live.contains_key(&node) || self.services.contains_key(&node);
            if has_come || self.tree.outcome(node).is_some() || !is_worth_preparing(&step) {
                continue;
            }
            let backend = Arc::clone(&self.context.backend);
            let preparation = tokio::spawn(async move { backend.prepare(&step).await });
            self.preparations.ahead.insert(node, preparation);
        }
    }

    /// Waits until no preparation is running.
    pub(super) async fn end_preparations(&mut self) {
        let nodes: Vec<_> = self.preparations.ahead.keys().copied().collect();
        nodes.into_iter().for_each(|node| self.discard_preparation(node));
        for removal in self.preparations.discarded.drain(..) {
            let _its_own_panic_ends_it = removal.await;
        }
    }
}

/// Whether the step certainly needs preparation, and is not known to be skipped.
fn is_worth_preparing(step: &PlannedStep) -> bool {
    let is_known_to_be_skipped = step.when.condition.as_ref().is_some_and(|condition| condition.value.never_holds());
    match step.action {
        Action::Container(_) | Action::Host(_) => !step.image_from_run && !is_known_to_be_skipped,
        Action::Wait(_) | Action::Skip(_) => false,
    }
}
