//! Steps and step groups (documents.steps).

use cirun_diagnostics::{Span, Spanned};
use indexmap::IndexMap;

use crate::{
    Node, Text, TextList,
    model::{FailureStrategySpec, StepSpec, StrategySpec, TemplateRef, Variable, WhenSpec},
};

/// An item of `steps`.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutionNode {
    /// `step`.
    Step(Box<Step>),
    /// `stepGroup`.
    Group(Box<StepGroup>),
    /// `parallel`.
    Parallel(Spanned<Vec<ExecutionNode>>),
}

/// `step:`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `identifier`.
    pub identifier: Spanned<String>,
    /// `name`.
    pub name: Option<Text>,
    /// `type`.
    pub kind: Spanned<String>,
    /// `spec`.
    pub spec: StepSpec,
    /// `timeout`.
    pub timeout: Option<Text>,
    /// `when`.
    pub when: Option<WhenSpec>,
    /// `failureStrategies`.
    pub failure_strategies: Vec<FailureStrategySpec>,
    /// `strategy`.
    pub strategy: Option<StrategySpec>,
    /// `enforce.policySets`: policies that the service evaluates.
    pub policy_sets: Option<TextList>,
    /// `template`.
    pub template: Option<TemplateRef>,
    /// The whole step.
    pub span: Span,
}

/// `stepGroup:`.
#[derive(Debug, Clone, PartialEq)]
pub struct StepGroup {
    /// `identifier`.
    pub identifier: Spanned<String>,
    /// `name`.
    pub name: Option<Text>,
    /// `steps`.
    pub steps: Vec<ExecutionNode>,
    /// `when`.
    pub when: Option<WhenSpec>,
    /// `failureStrategies`.
    pub failure_strategies: Vec<FailureStrategySpec>,
    /// `strategy`.
    pub strategy: Option<StrategySpec>,
    /// `sharedPaths`.
    pub shared_paths: Option<TextList>,
    /// `variables`.
    pub variables: Vec<Variable>,
    /// `stepGroupInfra`.
    pub infra: Option<StepGroupInfra>,
    /// `template`.
    pub template: Option<TemplateRef>,
    /// The whole group.
    pub span: Span,
}

/// `stepGroupInfra` (groups.types).
#[derive(Debug, Clone, PartialEq)]
pub struct StepGroupInfra {
    /// `type`.
    pub kind: Text,
    /// `spec`, as written.
    pub spec: IndexMap<String, Node>,
}
