//! Stages and the series-parallel tree of their steps.

use std::{fmt, sync::Arc};

use crate::{FailureStrategy, Mount, PlannedStep, Profile, Role, Secret, StaticScope, Traced, When};

/// A stage's identifier, with the suffix of its looping strategy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StageId(pub String);

impl fmt::Display for StageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run will do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The pipeline's identifier.
    pub pipeline: String,
    /// The stages, in order.
    pub stages: Vec<PlannedStage>,
    /// Every secret that the plan uses, for masking.
    pub secrets: Vec<Secret>,
}

/// A stage, fully decided.
#[derive(Debug, Clone)]
pub struct PlannedStage {
    /// Its identifier.
    pub id: StageId,
    /// Its name, for eyes.
    pub name: String,
    /// How it would run in CI.
    pub profile: Traced<Profile>,
    /// Where the workspace is in the containers.
    pub workspace: String,
    /// Further directories that all containers of the stage share.
    pub shared_paths: Vec<Traced<Mount>>,
    /// When it runs.
    pub when: When,
    /// The steps.
    pub execution: Vec<Node>,
    /// What was known when the plan was made; run-time expressions see it too.
    pub known: Arc<dyn StaticScope>,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A step.
    Step(Box<PlannedStep>),
    /// Steps in order, under one condition.
    Group(Box<Group>),
    /// Nodes that run together.
    Parallel(Vec<Node>),
}

/// What a group of nodes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// A step group.
    StepGroup,
    /// The instances of a looped step or step group. Its inner outcomes count for the stage's status only when all of it
    /// has finished (harness-runtime.md 8.1).
    Loop,
}

/// A step group, or the instances of a looped step.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Step group or loop.
    pub kind: GroupKind,
    /// Its identifier.
    pub id: String,
    /// Its name, for eyes.
    pub name: String,
    /// When it runs.
    pub when: When,
    /// The group's own failure strategies (steps carry theirs merged).
    pub failure_strategies: Vec<FailureStrategy>,
    /// Its nodes, in order.
    pub steps: Vec<Node>,
    /// How many of its nodes may run at once: 1 for a step group, the loop's `maxConcurrency` for instances.
    pub max_concurrency: usize,
}

impl PlannedStage {
    /// Every step of the stage, in written order.
    pub fn steps(&self) -> Vec<&PlannedStep> {
        let mut steps = Vec::new();
        collect(&self.execution, &mut steps);
        steps
    }

    /// The Background steps of the stage, in written order.
    pub fn services(&self) -> impl Iterator<Item = &PlannedStep> {
        self.steps().into_iter().filter(|step| step.role == Role::Service)
    }
}

fn collect<'a>(nodes: &'a [Node], steps: &mut Vec<&'a PlannedStep>) {
    for node in nodes {
        match node {
            Node::Step(step) => steps.push(step),
            Node::Group(group) => collect(&group.steps, steps),
            Node::Parallel(nodes) => collect(nodes, steps),
        }
    }
}
