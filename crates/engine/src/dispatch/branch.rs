//! The nodes of a stage's tree: steps, and branches of them.

use std::{sync::Arc, time::Duration};

use cirun_plan::{FailureAction, FailureStrategy, GroupKind, Node, PlannedStep, StepPath, When};

use crate::{EventKind, failure::Cause, status::Tally};

/// The index of a node in the tree.
pub(crate) type NodeId = usize;

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind {
    /// A step.
    Step(Arc<PlannedStep>),
    /// Several nodes.
    Branch(Box<Branch>),
}

/// Nodes of which at most `width` run at once: 1 for a sequence, all for `parallel`.
#[derive(Debug)]
pub(super) struct Branch {
    /// The step group or loop of this branch, if it is one.
    pub(super) group: Option<GroupInfo>,
    pub(super) children: Vec<NodeId>,
    pub(super) width: usize,
    pub(super) next: usize,
    pub(super) running: Vec<NodeId>,
    pub(super) tally: Tally,
    /// The reason of the first step in it whose failure is final.
    pub(super) cause: Option<Cause>,
    /// The number of times it has run again.
    pub(super) retries: u32,
    /// Whether it should run again.
    pub(super) restart: Restart,
    /// Events about its steps, held back until it cannot run again, so that a step is reported as finished only once.
    pub(super) holds: bool,
    pub(super) held: Vec<EventKind>,
}

/// Whether a branch should run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restart {
    No,
    /// Once its running nodes have ended, and after this pause.
    Wanted(Duration),
    /// The pause has begun.
    Resting,
}

/// A step group or loop.
#[derive(Debug)]
pub(super) struct GroupInfo {
    pub(super) id: String,
    pub(super) name: String,
    /// The ids of the step groups around it, and its own.
    pub(super) path: StepPath,
    pub(super) kind: GroupKind,
    pub(super) when: When,
    pub(super) failure_strategies: Vec<FailureStrategy>,
}

/// Whether a step among `nodes`, except those of inner step groups, may cause the group to run again.
pub(super) fn may_restart(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Step(step) => step.failure_strategies.iter().any(|strategy| has_restart(&strategy.action.value)),
        Node::Parallel(nodes) => may_restart(nodes),
        Node::Group(group) => group.kind == GroupKind::Loop && may_restart(&group.steps),
    })
}

fn has_restart(action: &FailureAction) -> bool {
    match action {
        FailureAction::RetryStepGroup(_) => true,
        FailureAction::Retry { then, .. } => has_restart(then),
        FailureAction::ManualIntervention { on_timeout, .. } => has_restart(on_timeout),
        FailureAction::Ignore
        | FailureAction::MarkAsSuccess
        | FailureAction::MarkAsFailure
        | FailureAction::Abort
        | FailureAction::StageRollback
        | FailureAction::ProceedWithDefaultValues => false,
    }
}
