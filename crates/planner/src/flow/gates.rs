//! Approval stages: what is behind one does not run until someone approves it.

use cirun_parser::model::{ExecutionNode, Stage, StageSpec};
use cirun_plan::{PlannedStage, StageId};

use crate::{flow, notes::Notes, scope::Ctx};

/// An approval stage, and the stages that wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The approval stage.
    pub stage: StageId,
    /// The stages of the plan behind it.
    pub behind: Vec<StageId>,
}

/// The gates that are met while the stages of a pipeline are planned in order.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    met: Vec<Gate>,
}

impl Gates {
    /// Closes the stages that are behind a gate which no one has approved.
    pub(crate) fn close(&mut self, stages: &mut [PlannedStage], approved: bool) {
        let Some(gate) = self.met.first_mut().filter(|_| !approved) else { return };
        for stage in stages {
            stage.not_here = Some(format!("the approval stage `{}` has not been approved", gate.stage));
            gate.behind.push(stage.id.clone());
        }
    }

    /// Whatever comes from now on is behind this stage, if it is a gate.
    pub(crate) fn pass(&mut self, ctx: &Ctx<'_>, stage: &Stage) {
        if is_gate(stage) && !is_skipped(ctx, stage) {
            self.met.push(Gate { stage: StageId(stage.identifier.value.clone()), behind: Vec::new() });
        }
    }

    /// The gates behind which stages wait.
    pub(crate) fn closed(self) -> Vec<Gate> {
        self.met.into_iter().filter(|gate| !gate.behind.is_empty()).collect()
    }
}

/// Whether a person has to approve what comes after the stage.
pub(crate) fn is_gate(stage: &Stage) -> bool {
    match &stage.spec {
        StageSpec::Other { kind, execution } => kind.value == "Approval" || asks(execution),
        StageSpec::Ci(_) | StageSpec::Template => false,
    }
}

fn asks(nodes: &[ExecutionNode]) -> bool {
    nodes.iter().any(|node| match node {
        ExecutionNode::Step(step) => step.kind.value.ends_with("Approval"),
        ExecutionNode::Group(group) => asks(&group.steps),
        ExecutionNode::Parallel(nodes) => asks(&nodes.value),
    })
}

/// Whether the stage's `when` is known not to hold.
fn is_skipped(ctx: &Ctx<'_>, stage: &Stage) -> bool {
    let aside = Notes::default();
    let when = flow::when(&Ctx { notes: &aside, ..ctx.clone() }, stage.when.as_ref());
    when.condition.is_some_and(|condition| condition.value.never_holds())
}
