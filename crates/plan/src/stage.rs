//! Stages and the series-parallel tree of their steps.

use std::{fmt, sync::Arc};

use crate::{FailureStrategy, Mount, PlannedStep, Profile, Role, Secret, StaticScope, StepPath, Traced, When};

/// A stage's identifier, with the suffix of its looping strategy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StageId(pub String);

impl fmt::Display for StageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The work of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The pipeline's identifier.
    pub pipeline: String,
    /// The stages, in order.
    pub stages: Vec<PlannedStage>,
    /// Every secret that the plan uses, for masking.
    pub secrets: Vec<Secret>,
}

/// A stage, resolved.
#[derive(Debug, Clone)]
pub struct PlannedStage {
    /// Its identifier.
    pub id: StageId,
    /// The looped stage that it is an instance of.
    pub looped: Option<StageId>,
    /// Its display name.
    pub name: String,
    /// The infrastructure profile in CI.
    pub profile: Traced<Profile>,
    /// The path of the workspace in containers.
    pub workspace: String,
    /// Further directories that all containers of the stage share.
    pub shared_paths: Vec<Traced<Mount>>,
    /// When it runs.
    pub when: When,
    /// How CI clones the codebase into the workspace; `None` if the stage does not.
    pub clone: Option<CodebaseClone>,
    /// Why none of it can run on this machine, if it cannot; its steps are shown as skipped.
    pub not_here: Option<String>,
    /// What of it depends on the stages before it, for a person. Unless this is empty, the stage is planned again when
    /// it begins, and what is here is only an outline.
    pub undecided: Vec<String>,
    /// The steps.
    pub execution: Vec<Node>,
    /// The step groups that have a pod or network of their own, outermost first.
    pub containerised: Vec<ContainerisedGroup>,
    /// The names that were known when the plan was made; run-time expressions read them too.
    pub known: Arc<dyn StaticScope>,
}

/// The settings of `properties.ci.codebase` for the clone, if they affect the workspace (clone.workspace-inputs).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodebaseClone {
    /// Number of commits to fetch; `None` for all.
    pub depth: Option<u32>,
    /// `cloneDirectory`: the path of the clone in the workspace; empty for the workspace itself.
    pub directory: String,
    /// `sparseCheckout`: the paths to check out; all if empty.
    pub sparse: Vec<String>,
    /// `fetchTags`.
    pub tags: bool,
    /// Inputs without an effect on a clone of this machine's own repository.
    pub without_effect: Vec<&'static str>,
}

/// A containerised step group (`stepGroupInfra`, groups.own): its steps and services share a pod or network of their own,
/// which ends with the group.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerisedGroup {
    /// Its path in the stage: the ids of the groups around it, then its own.
    pub path: StepPath,
    /// The infrastructure profile in CI.
    pub profile: Traced<Profile>,
    /// Directories that its containers share, besides the workspace.
    pub shared_paths: Vec<Traced<Mount>>,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A step.
    Step(Box<PlannedStep>),
    /// Steps in order, with a common condition.
    Group(Box<Group>),
    /// Nodes that run together.
    Parallel(Vec<Node>),
}

/// The kinds of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// A step group.
    StepGroup,
    /// The instances of a looped step or step group. Its inner outcomes count for the stage's status only when all of it
    /// has finished (flow.current-status).
    Loop,
}

/// A step group, or the instances of a looped step.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Step group or loop.
    pub kind: GroupKind,
    /// Its identifier.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// When it runs.
    pub when: When,
    /// The group's own failure strategies (steps have them merged into theirs).
    pub failure_strategies: Vec<FailureStrategy>,
    /// Its nodes, in order.
    pub steps: Vec<Node>,
    /// How many of its nodes may run at once: 1 for a step group, the loop's `maxConcurrency` for instances.
    pub max_concurrency: usize,
}

impl PlannedStage {
    /// Whether this is the stage's id in the pipeline: looped stages have a suffix after it.
    pub fn is_of(&self, id: &str) -> bool {
        self.looped.as_ref().unwrap_or(&self.id).0 == id
    }

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

    /// The nearest containerised step group around a step; `None` for a step in the stage's own surroundings.
    pub fn containerised_around(&self, step: &StepPath) -> Option<&ContainerisedGroup> {
        let around = self.containerised.iter().filter(|group| step.is_within(&group.path));
        around.max_by_key(|group| group.path.ids().count())
    }

    /// The infrastructure profile of a step in CI: that of its containerised group or of its stage.
    pub fn profile_of(&self, step: &StepPath) -> Profile {
        self.containerised_around(step).map_or(self.profile.value, |group| group.profile.value)
    }
}

/// The steps of those stages that run on this machine, in written order.
pub fn steps_here(stages: &[PlannedStage]) -> impl Iterator<Item = &PlannedStep> {
    stages.iter().filter(|stage| stage.not_here.is_none()).flat_map(PlannedStage::steps)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_within_its_groups_only() {
        let path = |ids: &str| StepPath::new("build", ids.split('.'));
        assert!(path("g.inner.a").is_within(&path("g")));
        assert!(path("g.inner.a").is_within(&path("g.inner")));
        assert!(!path("g").is_within(&path("g")), "a group is not in itself");
        assert!(!path("g2.a").is_within(&path("g")));
        assert!(!StepPath::new("test", ["g", "a"]).is_within(&path("g")), "a group of another stage");
        assert!(!path("other.g.a").is_within(&path("g")));
    }
}
