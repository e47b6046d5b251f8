//! The steps that come next, those with the fewest steps before them first.

use super::{
    branch::{Kind, NodeId},
    tree::{ROOT, Tree},
};

impl Tree {
    /// The steps that may start before `within` others have run one after the other: of each branch of a `parallel` the
    /// first ones, then the second ones. `counts` says whether a step that has not ended takes time.
    pub(super) fn upcoming(&self, within: usize, counts: impl Fn(NodeId) -> bool) -> Vec<NodeId> {
        let mut found = Vec::new();
        self.collect(ROOT, 0, within, &counts, &mut found);
        // Nodes are numbered in written order.
        found.sort_unstable();
        found.into_iter().map(|(_, node)| node).collect()
    }

    /// Adds the steps under a node that starts after `before` others; returns how many run in it one after the other, at
    /// most those that matter.
    fn collect(
        &self,
        node: NodeId,
        before: usize,
        within: usize,
        counts: &impl Fn(NodeId) -> bool,
        found: &mut Vec<(usize, NodeId)>,
    ) -> usize {
        if self.outcome(node).is_some() || before >= within {
            return 0;
        }
        let branch = match self.kind(node) {
            Kind::Step(_) if counts(node) => {
                found.push((before, node));
                return 1;
            }
            Kind::Step(_) => return 0,
            Kind::Branch(branch) => branch,
        };
        // As many lanes as nodes may run at once; each node follows the one before it in its lane.
        let mut lanes = vec![0; branch.width.min(branch.children.len())];
        for child in branch.running.iter().chain(&branch.children[branch.next..]) {
            let Some(lane) = lanes.iter_mut().min() else { break };
            if before + *lane >= within {
                break;
            }
            *lane += self.collect(*child, before + *lane, within, counts, found);
        }
        lanes.into_iter().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use cirun_plan::{Node, StageId};

    use super::*;
    use crate::{
        Outcome,
        testing::{group, looped, parallel, step},
    };

    fn tree(execution: &[Node]) -> Tree {
        Tree::new(&StageId("build".to_owned()), execution)
    }

    fn names(tree: &Tree, within: usize) -> String {
        let steps = tree.upcoming(within, |node| tree.step(node).path.as_str() != "skipped");
        steps.into_iter().map(|node| tree.step(node).path.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn branches_come_side_by_side() {
        let tree = tree(&[
            step("a").node(),
            parallel([group("g", [step("b"), step("c"), step("d")].map(|step| step.node())), step("e").node()]),
            step("f").node(),
        ]);
        assert_eq!(names(&tree, 9), "a b e c d f");
        assert_eq!(names(&tree, 3), "a b e c");
    }

    #[test]
    fn what_has_ended_or_takes_no_time_is_not_in_the_way() {
        let mut tree = tree(&[step("a").node(), step("skipped").node(), step("b").node(), step("c").node()]);
        assert_eq!(names(&tree, 2), "a b");
        let first = tree.start_next(ROOT).expect("a may start");
        assert_eq!(names(&tree, 2), "a b");
        tree.finish(first, Outcome::Succeeded);
        assert_eq!(names(&tree, 2), "b c");
    }

    #[test]
    fn a_loop_has_a_width() {
        let tree = tree(&[
            looped("l", 2, [step("l_0"), step("l_1"), step("l_2"), step("l_3"), step("l_4")]),
            step("z").node(),
        ]);
        assert_eq!(names(&tree, 1), "l_0 l_1");
        assert_eq!(names(&tree, 9), "l_0 l_1 l_2 l_3 l_4 z");
        assert_eq!(names(&tree, 2), "l_0 l_1 l_2 l_3");
    }
}
