//! Look-ahead: the steps that come next are prepared while the stage starts or others run.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use cirun_plan::{Action, PlannedStep, Role, StageStatus};
use tokio::task::JoinHandle;

use super::{Dispatcher, NodeId, tree::ROOT};
use crate::{Backend, LookAhead, attempt::Preparation, status};

/// The preparations, running or done, of steps whose turn has not come.
#[derive(Default)]
pub(super) struct Preparations {
    ahead: HashMap<NodeId, Preparation>,
    /// Every step that was ever prepared: one that runs again is not.
    begun: HashSet<NodeId>,
    /// The number of steps that had started or ended at the last look: without another one, the next ones are the same.
    seen: Option<usize>,
    moves: usize,
    /// The removals of preparations of steps that will not run.
    discarded: Vec<JoinHandle<()>>,
}

impl Preparations {
    /// Takes the preparation of a step whose turn has come, or that has ended.
    pub(super) fn take(&mut self, node: NodeId) -> Option<Preparation> {
        self.moves += 1;
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

    /// Starts preparations of the next steps, as far as the settings allow.
    pub(super) fn look_ahead(&mut self) {
        let LookAhead { steps, memory } = self.context.config.look_ahead;
        let moves = self.preparations.moves;
        if self.halt.is_some() || steps == 0 || self.preparations.seen.replace(moves) == Some(moves) {
            return;
        }
        let mut used = self.memory_limits();
        for node in self.tree.upcoming(steps + 1, |node| takes_time(&self.tree.step(node))) {
            let step = self.tree.step(node);
            let has_come = self.live.contains_key(&node);
            if has_come || !self.is_worth_preparing(&step) || self.preparations.begun.contains(&node) {
                continue;
            }
            used = used.saturating_add(memory_limit(&step));
            if self.preparations.ahead.len() >= steps || used > memory {
                return;
            }
            self.preparations.begun.insert(node);
            let backend = Arc::clone(&self.context.backend);
            let preparation = tokio::spawn(async move { backend.prepare(&step).await });
            self.preparations.ahead.insert(node, preparation);
        }
    }

    /// The memory limits of the containers that run or are prepared.
    fn memory_limits(&self) -> u64 {
        let nodes = self.live.keys().chain(self.services.keys()).chain(self.preparations.ahead.keys());
        nodes.map(|node| memory_limit(&self.tree.step(*node))).fold(0, u64::saturating_add)
    }

    /// Whether it is likely that the step runs, and known what it needs.
    fn is_worth_preparing(&self, step: &PlannedStep) -> bool {
        let waits_for_a_failure =
            step.when.status == StageStatus::Failure && !status::is_failure(self.tree.current(ROOT).combined());
        !step.image_from_run && !waits_for_a_failure
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

/// Whether the step certainly runs something, and is not known to be skipped.
fn takes_time(step: &PlannedStep) -> bool {
    let is_known_to_be_skipped = step.when.condition.as_ref().is_some_and(|condition| condition.value.never_holds());
    match step.action {
        Action::Container(_) | Action::Host(_) => step.role == Role::Foreground && !is_known_to_be_skipped,
        Action::Wait(_) | Action::Skip(_) => false,
    }
}

/// The memory limit of a step's container; 0 without one.
fn memory_limit(step: &PlannedStep) -> u64 {
    match &step.action {
        Action::Container(container) => container.memory_bytes.as_ref().map_or(0, |bytes| bytes.value),
        Action::Host(_) | Action::Wait(_) | Action::Skip(_) => 0,
    }
}
