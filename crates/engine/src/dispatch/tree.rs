//! The state of the series-parallel tree: which nodes wait, run or have ended. Pure bookkeeping.

use std::sync::Arc;

use cirun_plan::{Group, GroupKind, Node, PlannedStep, StageId, StepPath};

use super::branch::{Branch, GroupInfo, Kind, NodeId, Restart, may_restart};
use crate::{Outcome, failure::Cause, status::Tally};

/// The whole stage is the first node.
pub(super) const ROOT: NodeId = 0;

/// The nodes of a stage.
#[derive(Debug)]
pub(super) struct Tree {
    stage: StageId,
    nodes: Vec<TreeNode>,
}

#[derive(Debug)]
struct TreeNode {
    parent: Option<NodeId>,
    kind: Kind,
    outcome: Option<Outcome>,
}

impl Tree {
    /// The tree of a stage's execution.
    pub(super) fn new(stage: &StageId, execution: &[Node]) -> Self {
        let mut tree = Self { stage: stage.clone(), nodes: Vec::new() };
        tree.add_branch(None, None, execution, 1);
        tree
    }

    fn add_branch(&mut self, parent: Option<NodeId>, group: Option<GroupInfo>, nodes: &[Node], width: usize) -> NodeId {
        let holds = group.as_ref().is_some_and(|group| group.kind == GroupKind::StepGroup) && may_restart(nodes);
        let branch = Branch {
            group,
            children: Vec::new(),
            width: width.max(1),
            next: 0,
            running: Vec::new(),
            tally: Tally::default(),
            cause: None,
            retries: 0,
            restart: Restart::No,
            holds,
            held: Vec::new(),
        };
        let id = self.add(parent, Kind::Branch(Box::new(branch)));
        let children: Vec<_> = nodes.iter().map(|node| self.add_node(id, node)).collect();
        self.branch_mut(id).children = children;
        id
    }

    fn add_node(&mut self, parent: NodeId, node: &Node) -> NodeId {
        match node {
            Node::Step(step) => self.add(Some(parent), Kind::Step(Arc::new((**step).clone()))),
            Node::Parallel(nodes) => self.add_branch(Some(parent), None, nodes, nodes.len()),
            Node::Group(group) => {
                let Group { kind, id, name, when, failure_strategies, steps, max_concurrency } = &**group;
                let info = GroupInfo {
                    id: id.clone(),
                    name: name.clone(),
                    path: self.path_under(parent, id),
                    kind: *kind,
                    when: when.clone(),
                    failure_strategies: failure_strategies.clone(),
                };
                self.add_branch(Some(parent), Some(info), steps, *max_concurrency)
            }
        }
    }

    /// The path of a group of this id under a branch.
    fn path_under(&self, parent: NodeId, id: &str) -> StepPath {
        let around = std::iter::once(parent).chain(self.around(parent));
        let infos = around.filter_map(|branch| self.branch(branch).group.as_ref());
        let outer = infos.into_iter().find(|info| info.kind == GroupKind::StepGroup).map(|info| &info.path);
        StepPath::new(&self.stage.0, outer.into_iter().flat_map(StepPath::ids).chain([id]))
    }

    fn add(&mut self, parent: Option<NodeId>, kind: Kind) -> NodeId {
        self.nodes.push(TreeNode { parent, kind, outcome: None });
        self.nodes.len() - 1
    }

    /// What the node is.
    pub(super) fn kind(&self, id: NodeId) -> &Kind {
        &self.nodes[id].kind
    }

    /// The step of a node that is a step.
    pub(super) fn step(&self, id: NodeId) -> Arc<PlannedStep> {
        match &self.nodes[id].kind {
            Kind::Step(step) => Arc::clone(step),
            Kind::Branch(_) => unreachable!("only steps have turns, attempts and services"),
        }
    }

    /// The branch of a node that is a branch.
    pub(super) fn branch(&self, id: NodeId) -> &Branch {
        match &self.nodes[id].kind {
            Kind::Branch(branch) => branch,
            Kind::Step(_) => unreachable!("parents are branches"),
        }
    }

    /// The branch of a node that is a branch.
    pub(super) fn branch_mut(&mut self, id: NodeId) -> &mut Branch {
        match &mut self.nodes[id].kind {
            Kind::Branch(branch) => branch,
            Kind::Step(_) => unreachable!("parents are branches"),
        }
    }

    /// The outcome of a node that has ended.
    pub(super) fn outcome(&self, id: NodeId) -> Option<Outcome> {
        self.nodes[id].outcome
    }

    /// The branches around a node, innermost first.
    pub(super) fn around(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.nodes[id].parent, |id| self.nodes[*id].parent)
    }

    /// The step group around a node.
    pub(super) fn step_group(&self, id: NodeId) -> Option<NodeId> {
        self.around(id)
            .find(|id| self.branch(*id).group.as_ref().is_some_and(|group| group.kind == GroupKind::StepGroup))
    }

    /// Whether a branch around the node is about to run again.
    pub(super) fn is_restarting(&self, id: NodeId) -> bool {
        self.around(id).any(|id| self.branch(id).restart != Restart::No)
    }

    /// Whether a node comes before another one, rather than beside it.
    pub(super) fn precedes(&self, earlier: NodeId, later: NodeId) -> bool {
        // Nodes are numbered in written order.
        let common = self.around(earlier).find(|id| self.around(later).any(|around| around == *id));
        earlier < later && common.is_some_and(|id| self.branch(id).width == 1)
    }

    /// The steps under a node, in written order, including the node itself.
    pub(super) fn steps_under(&self, id: NodeId) -> Vec<NodeId> {
        let (mut steps, mut open) = (Vec::new(), vec![id]);
        while let Some(id) = open.pop() {
            match &self.nodes[id].kind {
                Kind::Step(_) => steps.push(id),
                Kind::Branch(branch) => open.extend(branch.children.iter().rev()),
            }
        }
        steps
    }

    /// Registers the next child that may start as running, and returns it.
    pub(super) fn start_next(&mut self, id: NodeId) -> Option<NodeId> {
        let branch = self.branch_mut(id);
        if branch.restart != Restart::No || branch.running.len() >= branch.width {
            return None;
        }
        let child = *branch.children.get(branch.next)?;
        branch.next += 1;
        branch.running.push(child);
        Some(child)
    }

    /// Whether a branch has not ended, but none of its nodes runs or may start.
    pub(super) fn is_complete(&self, id: NodeId) -> bool {
        let branch = self.branch(id);
        self.outcome(id).is_none()
            && branch.running.is_empty()
            && (branch.restart != Restart::No || branch.next == branch.children.len())
    }

    /// Records the end of a node; returns its parent.
    pub(super) fn finish(&mut self, id: NodeId, outcome: Outcome) -> Option<NodeId> {
        self.nodes[id].outcome = Some(outcome);
        let parent = self.nodes[id].parent?;
        let branch = self.branch_mut(parent);
        branch.running.retain(|running| *running != id);
        branch.tally.add(outcome);
        Some(parent)
    }

    /// Corrects the outcome of a step whose branch has continued: it counts in the innermost branch around it that has
    /// not ended.
    pub(super) fn amend(&mut self, id: NodeId, outcome: Outcome, cause: Option<Cause>) {
        self.nodes[id].outcome = Some(outcome);
        let open = self.around(id).find(|branch| self.outcome(*branch).is_none()).unwrap_or(ROOT);
        let branch = self.branch_mut(open);
        branch.tally.add(outcome);
        if !outcome.is_positive() {
            branch.cause = branch.cause.or(cause);
        }
    }

    /// The combined outcome of a branch's children so far.
    pub(super) fn combined(&self, id: NodeId) -> Outcome {
        self.branch(id).tally.combined()
    }

    /// Resets everything under a branch.
    pub(super) fn reset(&mut self, id: NodeId) {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            self.nodes[id].outcome = None;
            if let Kind::Branch(branch) = &mut self.nodes[id].kind {
                (branch.next, branch.tally, branch.cause) = (0, Tally::default(), None);
                branch.running.clear();
                branch.held.clear();
                branch.restart = Restart::No;
                open.extend(&branch.children);
            }
        }
    }

    /// `currentStatus` of a branch: the finished nodes under it, without loops that still run (flow.current-status).
    pub(super) fn current(&self, id: NodeId) -> Tally {
        let (mut tally, mut open) = (Tally::default(), vec![id]);
        while let Some(id) = open.pop() {
            if let Kind::Branch(branch) = &self.nodes[id].kind {
                tally.merge(branch.tally);
                open.extend(branch.running.iter().filter(|child| !self.is_loop(**child)));
            }
        }
        tally
    }

    /// `strategy.currentStatus`: the status of the loop around a node.
    pub(super) fn loop_status(&self, id: NodeId) -> Option<Outcome> {
        self.around(id).find(|id| self.is_loop(*id)).map(|id| self.current(id).combined())
    }

    fn is_loop(&self, id: NodeId) -> bool {
        match &self.nodes[id].kind {
            Kind::Branch(branch) => branch.group.as_ref().is_some_and(|group| group.kind == GroupKind::Loop),
            Kind::Step(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{group, looped, parallel, step};

    fn tree(execution: &[Node]) -> Tree {
        Tree::new(&StageId("build".to_owned()), execution)
    }

    #[test]
    fn a_sequence_has_one_running_child() {
        let mut tree = tree(&[step("a").node(), step("b").node()]);
        let first = tree.start_next(ROOT).expect("a may start");
        assert_eq!(tree.start_next(ROOT), None);
        assert_eq!(tree.finish(first, Outcome::Succeeded), Some(ROOT));
        let second = tree.start_next(ROOT).expect("b may start");
        tree.finish(second, Outcome::Failed);
        assert!(tree.is_complete(ROOT));
        assert_eq!(tree.combined(ROOT), Outcome::Failed);
    }

    #[test]
    fn current_status_does_not_look_into_a_running_loop() {
        let mut tree = tree(&[parallel([looped("l", 1, [step("l_0"), step("l_1")]), step("b").node()])]);
        let both = tree.start_next(ROOT).expect("parallel");
        let looped = tree.start_next(both).expect("the loop");
        let instance = tree.start_next(looped).expect("its first instance");
        tree.finish(instance, Outcome::Failed);
        assert_eq!(tree.current(ROOT).combined(), Outcome::Succeeded);
        assert_eq!(tree.loop_status(instance), Some(Outcome::Failed));
        tree.finish(looped, Outcome::Failed);
        assert_eq!(tree.current(ROOT).combined(), Outcome::Failed);
    }

    #[test]
    fn what_comes_before_and_what_is_beside() {
        let tree = tree(&[
            parallel([step("db").node(), group("g", [step("a").node(), step("b").node()])]),
            looped("l", 2, [step("l_0"), step("l_1")]),
        ]);
        let [db, a, b, first, second] = tree.steps_under(ROOT)[..] else { panic!("five steps") };
        assert!(tree.precedes(a, b) && tree.precedes(db, first) && tree.precedes(b, second));
        assert!(!tree.precedes(db, a) && !tree.precedes(b, a) && !tree.precedes(first, second));
    }

    #[test]
    fn an_end_that_is_corrected_counts_where_something_still_runs() {
        let mut tree = tree(&[group("g", [step("db").node(), step("a").node()])]);
        let group = tree.start_next(ROOT).expect("the group");
        let service = tree.start_next(group).expect("its service");
        tree.finish(service, Outcome::Succeeded);
        tree.amend(service, Outcome::Failed, Some(Cause::ExitCode));
        assert_eq!((tree.combined(group), tree.current(ROOT).combined()), (Outcome::Failed, Outcome::Failed));
        tree.finish(group, Outcome::Ignored);
        tree.amend(service, Outcome::Aborted, None);
        assert_eq!((tree.combined(group), tree.combined(ROOT)), (Outcome::Failed, Outcome::Aborted));
    }

    #[test]
    fn reset_forgets() {
        let mut tree = tree(&[group("g", [step("a").node()])]);
        let group = tree.start_next(ROOT).expect("the group");
        let inner = tree.start_next(group).expect("its step");
        tree.finish(inner, Outcome::Failed);
        tree.reset(group);
        assert_eq!(tree.start_next(group), Some(inner));
        assert_eq!(tree.outcome(inner), None);
    }
}
