//! The state of the run so far, for the expressions of later steps.

use cirun_plan::{Plan, PlannedStage, PlannedStep, Role, StageId, StepPath};
use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;

use crate::{Outcome, outputs::Outputs, status::Tally};

/// The stages so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunHistory {
    pub(crate) stages: IndexMap<StageId, StageHistory>,
}

/// A stage so far.
#[derive(Debug, Clone)]
pub(crate) struct StageHistory {
    pub(crate) id: StageId,
    /// The looped stage that this stage is an instance of.
    pub(crate) looped: Option<StageId>,
    pub(crate) steps: IndexMap<StepPath, StepHistory>,
    /// The loops and step groups that have started, by the ids of the step groups around them and their own.
    pub(crate) groups: IndexMap<StepPath, GroupHistory>,
    /// When it began.
    pub(crate) started: Option<Timestamp>,
    /// `currentStatus`: the combined outcome of what has finished.
    pub(crate) current: Tally,
    /// Set once the stage has finished.
    pub(crate) outcome: Option<Outcome>,
    /// When it finished.
    pub(crate) ended: Option<Timestamp>,
}

/// A loop or step group so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupHistory {
    pub(crate) name: String,
    pub(crate) started: Timestamp,
    /// Its end, and its status.
    pub(crate) ended: Option<(Timestamp, Outcome)>,
}

/// A step so far.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepHistory {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) step_type: String,
    pub(crate) role: Role,
    pub(crate) state: StepState,
    pub(crate) outputs: Outputs,
}

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepState {
    /// Its turn has not come.
    Waiting,
    /// It runs its attempt with this number, from 1.
    Running { attempt: u32, started: Timestamp },
    /// It has ended.
    Finished { attempts: u32, started: Timestamp, ended: Timestamp, outcome: Outcome },
}

impl RunHistory {
    /// Creates the record of a new run.
    pub(crate) fn new(plan: &Plan) -> Self {
        let stages = plan.stages.iter().map(|stage| (stage.id.clone(), StageHistory::new(stage)));
        Self { stages: stages.collect() }
    }

    /// Replaces a stage by the stages that it was expanded to.
    pub(crate) fn replace(&mut self, outline: &StageId, stages: &[PlannedStage]) {
        let Some(at) = self.stages.get_index_of(outline) else { return };
        self.stages.shift_remove(outline);
        for (offset, stage) in stages.iter().enumerate() {
            self.stages.shift_insert(at + offset, stage.id.clone(), StageHistory::new(stage));
        }
    }

    /// `pipeline.currentStatus`: the combined outcome of the finished stages. A loop counts only once all of it has
    /// finished (flow.current-status), so a failed instance does not skip the next one.
    pub(crate) fn current(&self) -> Outcome {
        let open: IndexSet<&StageId> = self
            .stages
            .values()
            .filter(|stage| stage.outcome.is_none())
            .filter_map(|stage| stage.looped.as_ref())
            .collect();
        let mut tally = Tally::default();
        self.stages
            .values()
            .filter(|stage| stage.looped.as_ref().is_none_or(|looped| !open.contains(looped)))
            .filter_map(|stage| stage.outcome)
            .for_each(|outcome| tally.add(outcome));
        tally.combined()
    }

    /// The combined outcome of the whole run, once it has ended.
    pub(crate) fn outcome(&self) -> Outcome {
        let mut tally = Tally::default();
        self.stages.values().filter_map(|stage| stage.outcome).for_each(|outcome| tally.add(outcome));
        tally.combined()
    }

    /// The first step of the plan that failed or timed out; services are left out.
    pub(crate) fn first_failed(&self) -> Option<&StepPath> {
        let failed = |step: &StepHistory| {
            step.role == Role::Foreground
                && matches!(step.state, StepState::Finished { outcome: Outcome::Failed | Outcome::TimedOut, .. })
        };
        let mut steps = self.stages.values().flat_map(|stage| &stage.steps);
        steps.find(|(_, step)| failed(step)).map(|(path, _)| path)
    }
}

impl StageHistory {
    pub(crate) fn new(stage: &PlannedStage) -> Self {
        let steps = stage.steps().into_iter().map(|step| (step.path.clone(), StepHistory::new(step)));
        Self {
            id: stage.id.clone(),
            looped: stage.looped.clone(),
            steps: steps.collect(),
            groups: IndexMap::new(),
            started: None,
            current: Tally::default(),
            outcome: None,
            ended: None,
        }
    }

    /// Whether any of its steps has run.
    pub(crate) fn has_run(&self) -> bool {
        let is_skipped =
            |step: &StepHistory| matches!(step.state, StepState::Finished { outcome: Outcome::Skipped, .. });
        self.steps.values().any(|step| !is_skipped(step))
    }

    /// `stage.currentStatus`.
    pub(crate) fn current(&self) -> Outcome {
        self.outcome.unwrap_or_else(|| self.current.combined())
    }
}

impl GroupHistory {
    /// The service's name for the state.
    pub(crate) fn status(&self) -> &'static str {
        self.ended.map_or("RUNNING", |(_, outcome)| outcome.status())
    }
}

impl StepHistory {
    pub(crate) fn new(step: &PlannedStep) -> Self {
        Self {
            id: step.id.clone(),
            name: step.name.clone(),
            step_type: step.step_type.clone(),
            role: step.role,
            state: StepState::Waiting,
            outputs: Outputs::default(),
        }
    }
}
