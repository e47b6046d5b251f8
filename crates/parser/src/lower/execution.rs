//! `steps`: steps, step groups and parallel nodes.

use cirun_diagnostics::Spanned;

use crate::{
    FieldKind, Node, Text, TextList,
    lower::{
        context::{Context, start_of},
        entries::{one_of, read, wrapper},
        flow, identifier,
        spec::{FromNode, REQUIRED, Slot, is_map, record},
        step,
    },
    model::{
        ExecutionNode, FailureStrategySpec, Step, StepGroup, StepGroupInfra, StepSpec, StrategySpec, TemplateRef,
        Variable, WhenSpec,
    },
};

/// The kinds of items in `steps`.
const WRAPPERS: &[&str] = &["step", "stepGroup", "parallel", "insert"];

impl FromNode for ExecutionNode {
    const KIND: FieldKind = FieldKind::Named("executionNode");

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        lower_node(node, cx)
    }
}

fn lower_node(node: &Node, cx: &mut Context) -> Option<ExecutionNode> {
    let entry = wrapper(node, WRAPPERS, cx)?;
    let (key, body) = (entry.key.value.as_str(), &entry.value);
    match key {
        "parallel" => {
            let branches = lower_list(body, cx);
            if branches.is_empty() && body.items().is_empty() && body.text().is_none() {
                cx.nothing_to_run("`parallel`", "steps", entry.key.span);
            }
            Some(ExecutionNode::Parallel(Spanned { value: branches, span: node.span }))
        }
        "stepGroup" => is_map(body, cx).then(|| ExecutionNode::Group(Box::new(lower_group(body, cx)))),
        // An insert block of a template is a named list of steps.
        "insert" => {
            let steps = body.get("steps").map_or_else(Vec::new, |steps| lower_some(steps, cx));
            let list = ExecutionNode::Parallel(Spanned { value: steps, span: node.span });
            Some(list)
        }
        _ => is_map(body, cx).then(|| ExecutionNode::Step(Box::new(lower_step(body, cx)))),
    }
}

/// A list of execution nodes; checks their siblings.
pub(crate) fn lower_list(node: &Node, cx: &mut Context) -> Vec<ExecutionNode> {
    let nodes = <Vec<ExecutionNode> as Slot>::read(node, cx).unwrap_or_default();
    let mut identifiers = Vec::new();
    collect_identifiers(&nodes, &mut identifiers);
    identifier::check_unique(identifiers.into_iter(), "steps", cx);
    nodes
}

/// The value of `steps` where at least one item is required.
pub(super) fn lower_some(steps: &Node, cx: &mut Context) -> Vec<ExecutionNode> {
    cx.demand_item("steps", steps);
    lower_list(steps, cx)
}

/// Identifiers of one level: parallel nodes belong to the level of their parent.
fn collect_identifiers<'m>(nodes: &'m [ExecutionNode], found: &mut Vec<&'m Spanned<String>>) {
    for node in nodes {
        match node {
            ExecutionNode::Step(step) => found.push(&step.identifier),
            ExecutionNode::Group(group) => found.push(&group.identifier),
            ExecutionNode::Parallel(nodes) => collect_identifiers(&nodes.value, found),
        }
    }
}

record! {
    /// The common fields of all steps, besides identifier, type and `spec`.
    pub(crate) struct StepFields {
        /// The display name.
        "name" => name: Option<Text> as FieldKind::Name,
        /// How long the step may run.
        "timeout" => timeout: Option<Text> as FieldKind::Duration,
        /// When the step runs.
        "when" => when: Option<WhenSpec>,
        /// What happens when the step fails.
        "failureStrategies" => failure_strategies: Vec<FailureStrategySpec>,
        /// Runs the step several times.
        "strategy" => strategy: Option<StrategySpec>,
        /// Policies that the service evaluates.
        "enforce" => enforce: Option<Enforce>,
        /// A template to use as the step.
        "template" => template: Option<TemplateRef>,
    }
    known {
        "identifier": FieldKind::Identifier, "The name by which expressions and services refer to the step.";
        "type": FieldKind::Text, "The type of the step.";
        "spec": FieldKind::Named("stepSpec"), "The settings of the step's type.";
        "description": FieldKind::Text, "A description.";
        "contextType": FieldKind::Text, "Written by the user interface.";
        "delegateSelectors": FieldKind::TextList, "Which delegates may run the step.";
        "skipCondition": FieldKind::Text, "Of older documents.";
        "uuid": FieldKind::Text, "Of older documents.";
        "__uuid": FieldKind::Text, "Of older documents.";
        "metadata": FieldKind::Any, "Of older documents.";
        "reports": FieldKind::Unread, "Of a step's `spec`.";
    }
}

super::spec::spec! {
    /// `enforce`.
    #[derive(Debug)]
    pub(crate) struct Enforce {
        /// The policy sets.
        "policySets" => policy_sets: Option<TextList> = REQUIRED,
    }
}

pub(crate) fn lower_step(node: &Node, cx: &mut Context) -> Step {
    cx.check_fields(node, &[StepFields::FIELDS]);
    let identifier = identifier::read(node, cx);
    let fields = StepFields::read_known(node, cx);
    flow::check_mapped_once(&fields.failure_strategies, cx);
    let written = read::<Spanned<String>>(node, "type", cx);
    let (kind, spec) = match (written, &fields.template) {
        (Some(kind), _) => {
            let spec = step::lower_spec(node, &kind, cx);
            (kind, spec)
        }
        (None, Some(template)) => (Spanned { value: String::new(), span: template.span }, StepSpec::Template),
        (None, None) => {
            cx.missing("type", node.span);
            let kind = Spanned { value: String::new(), span: start_of(node.span) };
            let spec = step::lower_spec(node, &kind, cx);
            (kind, spec)
        }
    };
    Step {
        identifier,
        name: fields.name,
        kind,
        spec,
        timeout: fields.timeout,
        when: fields.when,
        failure_strategies: fields.failure_strategies,
        strategy: fields.strategy,
        policy_sets: fields.enforce.and_then(|enforce| enforce.policy_sets),
        template: fields.template,
        span: node.span,
    }
}

record! {
    /// The common fields of step groups, besides identifier and steps.
    pub(crate) struct GroupFields {
        /// The display name.
        "name" => name: Option<Text> as FieldKind::Name,
        /// When the group runs.
        "when" => when: Option<WhenSpec>,
        /// What happens when a step of the group fails.
        "failureStrategies" => failure_strategies: Vec<FailureStrategySpec>,
        /// Runs the group several times.
        "strategy" => strategy: Option<StrategySpec>,
        /// Paths that all steps of the group share.
        "sharedPaths" => shared_paths: Option<TextList>,
        /// Variables of the group.
        "variables" => variables: Vec<Variable>,
        /// The infrastructure of a containerised group.
        "stepGroupInfra" => infra: Option<StepGroupInfra>,
        /// A template to use as the group.
        "template" => template: Option<TemplateRef>,
    }
    known {
        "identifier": FieldKind::Identifier, "The name by which expressions refer to the group.";
        "steps": FieldKind::Some(&FieldKind::Named("executionNode")), "The steps of the group.";
        "description": FieldKind::Text, "A description.";
        "delegateSelectors": FieldKind::TextList, "Which delegates may run the group.";
        "timeout": FieldKind::Text, "Not read: step groups have no timeout.";
        "platform": FieldKind::Any, "Of Deployment stages.";
        "stageType": FieldKind::Text, "Of templates.";
        "rollbackSteps": FieldKind::Any, "Of older documents.";
        "skipCondition": FieldKind::Text, "Of older documents.";
        "stepGroup": FieldKind::Any, "Of older documents.";
        "type": FieldKind::Text, "Of older documents.";
        "__uuid": FieldKind::Text, "Of older documents.";
    }
}

pub(crate) fn lower_group(node: &Node, cx: &mut Context) -> StepGroup {
    cx.check_fields(node, &[GroupFields::FIELDS]);
    one_of(node, &["steps", "template"], cx);
    let identifier = identifier::read(node, cx);
    let fields = GroupFields::read_known(node, cx);
    flow::check_mapped_once(&fields.failure_strategies, cx);
    let steps = node.get("steps").filter(|steps| !steps.is_null());
    if steps.is_none() && fields.template.is_none() {
        cx.missing("steps", node.span);
    }
    let steps = steps.map_or_else(Vec::new, |steps| lower_some(steps, cx));
    StepGroup {
        identifier,
        name: fields.name,
        steps,
        when: fields.when,
        failure_strategies: fields.failure_strategies,
        strategy: fields.strategy,
        shared_paths: fields.shared_paths,
        variables: fields.variables,
        infra: fields.infra,
        template: fields.template,
        span: node.span,
    }
}
