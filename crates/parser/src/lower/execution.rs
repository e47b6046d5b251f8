//! `steps`: steps, step groups and parallel nodes.

use cirun_diagnostics::{Spanned, nearest};
use indexmap::IndexMap;

use crate::{
    Entry, FieldInfo, FieldKind, Node, Text, TextList, Value, codes,
    lower::{
        context::{Context, start_of},
        flow::{self, read},
        identifier,
        spec::{FromNode, REQUIRED, Slot, check_tables, fields, is_map, record},
        stage::{SECURITY_CONTEXT, TOLERATION, VOLUME},
        step,
    },
    model::{
        ExecutionNode, FailureStrategySpec, Step, StepGroup, StepGroupInfra, StepSpec, StrategySpec, TemplateRef,
        Variable, WhenSpec,
    },
    words::{PULL_POLICIES, SYSTEMS},
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

/// The only key of an item of `steps` or `stages`.
pub(super) fn wrapper<'n>(node: &'n Node, names: &[&'static str], cx: &mut Context) -> Option<&'n Entry> {
    if node.is_null() || !is_map(node, cx) {
        return None;
    }
    let found = node.entries().iter().find(|entry| names.contains(&entry.key.value.as_str()));
    if found.is_none() {
        let near = node.entries().iter().find_map(|entry| nearest(&entry.key.value, names.iter().copied()));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("an item begins with `- {}:`", names[0]),
        };
        let message = format!("expected one of {}", list_of(names));
        let error = codes::MISSING_FIELD.says(message).at(start_of(node.span), "in this item");
        cx.report(error.help(help));
    }
    let found = found?;
    if found.value.is_null() {
        match found.key.value.as_str() {
            "parallel" => cx.expected_list(&found.value),
            _ => cx.expected_map(&found.value),
        }
        return None;
    }
    Some(found)
}

fn list_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
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
    flow::one_of(node, &["steps", "template"], cx);
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

fields! {
    GROUP_INFRA {
        "type": FieldKind::Enum(&["KubernetesDirect", "VM", "ECSDirect", "Delegate", "Noop"]), REQUIRED;
        "spec": FieldKind::ByType(GROUP_INFRAS), REQUIRED;
    }
    /// Including `Delegate` and `Noop`.
    GROUP_CLUSTER {
        /// The connector of the cluster.
        "connectorRef": FieldKind::Text, REQUIRED;
        /// The namespace of the pod.
        "namespace": FieldKind::Text;
        "annotations": FieldKind::TextMap;
        "automountServiceAccountToken": FieldKind::Flag;
        "containerSecurityContext": FieldKind::Object(SECURITY_CONTEXT);
        "harnessImageConnectorRef": FieldKind::Text;
        "hostNames": FieldKind::TextList;
        "imagePullPolicy": PULL_POLICIES;
        "initTimeout": FieldKind::Text;
        "labels": FieldKind::TextMap;
        "nodeSelector": FieldKind::TextMap;
        "os": SYSTEMS;
        "podSpecOverlay": FieldKind::Text;
        "priorityClassName": FieldKind::Text;
        "resources": FieldKind::Any;
        "runAsUser": FieldKind::TextOrNumber;
        "serviceAccountName": FieldKind::Text;
        "tolerations": FieldKind::List(&FieldKind::Object(TOLERATION));
        "volumes": FieldKind::List(&FieldKind::Object(VOLUME));
    }
}

const GROUP_INFRAS: &[(&str, &[FieldInfo])] =
    &[("KubernetesDirect", GROUP_CLUSTER), ("Delegate", GROUP_CLUSTER), ("Noop", GROUP_CLUSTER)];

impl FromNode for StepGroupInfra {
    const KIND: FieldKind = FieldKind::Object(GROUP_INFRA);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[GROUP_INFRA], cx) {
            return None;
        }
        let Some(kind) = read::<Text>(node, "type", cx) else {
            cx.missing("type", node.span);
            return None;
        };
        Some(Self { kind, spec: named_nodes(node.get("spec"), cx) })
    }
}

/// The entries of a free map, by name.
pub(super) fn named_nodes(node: Option<&Node>, cx: &mut Context) -> IndexMap<String, Node> {
    let Some(node) = node.filter(|node| is_map(node, cx)) else { return IndexMap::new() };
    match &node.value {
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.value.clone(), entry.value.clone())).collect(),
        Value::Null | Value::Scalar { .. } | Value::List(_) => IndexMap::new(),
    }
}
