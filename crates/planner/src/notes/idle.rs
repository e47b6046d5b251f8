//! Stages and steps that are known not to run: not selected, or with a `when` that is known to be false.

use std::collections::BTreeSet;

use cirun_plan::{Action, Node, PlannedStage, SkipReason, When};

use super::Owner;

/// The stages and steps that are known not to run.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    owners: BTreeSet<Owner>,
}

impl Idle {
    /// Finds them in these stages.
    pub(crate) fn of(stages: &[PlannedStage]) -> Self {
        let mut idle = Self::default();
        for stage in stages {
            let never = stage.not_here.is_some() || never_holds(&stage.when);
            if never {
                idle.owners.insert(Owner::Stage(stage.id.clone()));
            }
            idle.collect(&stage.execution, never);
        }
        idle
    }

    /// Whether the owner of a diagnostic is known not to run.
    pub(crate) fn contains(&self, owner: &Owner) -> bool {
        self.owners.contains(owner)
    }

    fn collect(&mut self, nodes: &[Node], around: bool) {
        for node in nodes {
            match node {
                Node::Step(step) => {
                    let left_out = matches!(step.action, Action::Skip(SkipReason::NotSelected));
                    if around || left_out || never_holds(&step.when) {
                        self.owners.insert(Owner::Step(step.path.clone()));
                    }
                }
                Node::Group(group) => self.collect(&group.steps, around || never_holds(&group.when)),
                Node::Parallel(nodes) => self.collect(nodes, around),
            }
        }
    }
}

fn never_holds(when: &When) -> bool {
    when.condition.as_ref().is_some_and(|condition| condition.value.never_holds())
}
