//! Stages.

use cirun_diagnostics::{Spanned, nearest};

use crate::{
    FieldKind, Node, Text, TextList, codes,
    lower::{
        context::{Context, StageKind},
        entries::{read, wrapper},
        execution::{lower_list, lower_some},
        flow::{StageWhen, check_mapped_once},
        identifier,
        spec::{FromNode, REQUIRED, Slot, check_tables, fields, is_map, record},
    },
    model::{
        BackgroundSpec, CiStage, EXECUTION, ExecutionNode, FailureStrategySpec, RegistrySpec, ServiceDependency, Stage,
        StageNode, StageSpec, StrategySpec, TemplateRef, Variable,
    },
};

/// The types of stages (documents.stage-types), with CI first.
const TYPES: &[&str] = &[
    "CI",
    "Deployment",
    "Custom",
    "Approval",
    "SecurityTests",
    "Pipeline",
    "Dynamic",
    "FeatureFlag",
    "IACM",
    "IDP",
    "DRTest",
    "CompositeLoadTest",
    "Security",
    "Chaos",
];

impl FromNode for StageNode {
    const KIND: FieldKind = FieldKind::Named("stageNode");

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        let entry = wrapper(node, &["stage", "parallel", "insert"], cx)?;
        match entry.key.value.as_str() {
            "parallel" => {
                let stages = <Vec<Self> as Slot>::read(&entry.value, cx)?;
                if stages.is_empty() && entry.value.items().is_empty() {
                    cx.nothing_to_run("`parallel`", "stages", entry.key.span);
                }
                Some(Self::Parallel(stages))
            }
            "insert" => {
                let stages = entry.value.get("stages")?;
                cx.demand_item("stages", stages);
                <Vec<Self> as Slot>::read(stages, cx).map(Self::Parallel)
            }
            _ => is_map(&entry.value, cx).then(|| Self::Stage(Box::new(lower_stage(&entry.value, cx)))),
        }
    }
}

record! {
    /// The common fields of all stages, besides identifier, type and `spec`.
    pub(crate) struct StageFields {
        /// The display name.
        "name" => name: Option<Text> as FieldKind::Name,
        /// Variables, for `<+stage.variables.NAME>`.
        "variables" => variables: Vec<Variable>,
        /// Variables of older documents.
        "pipelineVariables" => pipeline_variables: Vec<Variable>,
        /// When the stage runs.
        "when" => when: Option<StageWhen>,
        /// What happens when a step fails.
        "failureStrategies" => failure_strategies: Vec<FailureStrategySpec>,
        /// Runs the stage several times.
        "strategy" => strategy: Option<StrategySpec>,
        /// How long the stage may run.
        "timeout" => timeout: Option<Text> as FieldKind::Duration,
        /// A template to use as the stage.
        "template" => template: Option<TemplateRef>,
        /// Which delegates may run the stage.
        "delegateSelectors" => delegate_selectors: Option<TextList>,
    }
    known {
        "identifier": FieldKind::Identifier, "The name by which expressions refer to the stage.";
        "type": FieldKind::Enum(TYPES), "The type of the stage.";
        "spec": FieldKind::Named("stageSpec"), "The settings of the stage's type.";
        "description": FieldKind::Text, "A description.";
        "tags": FieldKind::TextMap, "Labels for searching.";
        "runMode": FieldKind::Any, "Starts by itself or by hand.";
        "skipInstances": FieldKind::Flag, "Of Deployment stages.";
        "skipCondition": FieldKind::Text, "Of older documents.";
        "uuid": FieldKind::Text, "Of older documents.";
        "__uuid": FieldKind::Text, "Of older documents.";
        "sendGitStatus": FieldKind::Unread, "Written by some exports.";
        "gitOpsEnabled": FieldKind::Unread, "Of the `spec` of Deployment stages.";
    }
}

pub(crate) fn lower_stage(node: &Node, cx: &mut Context) -> Stage {
    cx.check_fields(node, &[StageFields::FIELDS]);
    let identifier = identifier::read(node, cx);
    let kind = read::<Spanned<String>>(node, "type", cx);
    let fields = StageFields::read_known(node, cx);
    check_mapped_once(&fields.failure_strategies, cx);
    let outer = cx.stage;
    let spec = lower_spec(node, kind, &fields, cx);
    cx.stage = outer;
    let mut variables = fields.variables;
    variables.extend(fields.pipeline_variables);
    Stage {
        identifier,
        name: fields.name,
        spec,
        variables,
        when: fields.when.map(|StageWhen(when)| when),
        failure_strategies: fields.failure_strategies,
        strategy: fields.strategy,
        timeout: fields.timeout,
        template: fields.template,
        delegate_selectors: fields.delegate_selectors,
        span: node.span,
    }
}

fn lower_spec(node: &Node, kind: Option<Spanned<String>>, fields: &StageFields, cx: &mut Context) -> StageSpec {
    let spec = node.get("spec").filter(|spec| !spec.is_null());
    match kind {
        Some(kind) if kind.value == "CI" => {
            cx.stage = StageKind::Ci;
            let has_steps = spec.is_some_and(|spec| {
                spec.text().is_some() || spec.get("execution").is_some_and(|execution| !execution.is_null())
            });
            if !has_steps {
                cx.nothing_to_run("the stage", "steps", kind.span);
            }
            let ci = spec.map(|spec| lower_ci(spec, cx)).unwrap_or_default();
            StageSpec::Ci(Box::new(ci))
        }
        Some(kind) => {
            cx.stage = StageKind::Other;
            if !TYPES.contains(&kind.value.as_str()) && !kind.value.contains("<+") {
                unknown_type(&kind, cx);
            }
            let steps = spec.and_then(|spec| spec.at(&["execution", "steps"]));
            let execution = steps.map_or_else(Vec::new, |steps| lower_list(steps, cx));
            StageSpec::Other { kind, execution }
        }
        None => {
            if fields.template.is_none() {
                cx.missing("type", node.span);
            }
            StageSpec::Template
        }
    }
}

fn unknown_type(kind: &Spanned<String>, cx: &mut Context) {
    let help = match nearest(&kind.value, TYPES.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "a stage that builds has `type: CI`".to_owned(),
    };
    let message = format!("unknown stage type `{}`", kind.value);
    cx.report(codes::UNKNOWN_STAGE_TYPE.says(message).at(kind.span, "no such stage type").help(help));
}

fields! {
    SERVICE {
        "identifier": FieldKind::Text, REQUIRED;
        "name": FieldKind::Text;
        "type": FieldKind::Enum(&["Service"]), REQUIRED;
        "description": FieldKind::Text;
        "spec": FieldKind::Named("serviceSpec");
    }
    SERVICE_ARGS {
        "args": FieldKind::TextList;
    }
}

fn lower_ci(spec: &Node, cx: &mut Context) -> CiStage {
    if !check_tables(spec, &[CiStage::FIELDS], cx) {
        return CiStage::default();
    }
    let steps = lower_execution(spec, cx);
    CiStage::read_known(spec, cx, steps)
}

/// The steps of `execution` of a stage's `spec`.
pub(crate) fn lower_execution(spec: &Node, cx: &mut Context) -> Vec<ExecutionNode> {
    let Some(execution) = spec.get("execution").filter(|execution| check_tables(execution, &[EXECUTION], cx)) else {
        return Vec::new();
    };
    match execution.get("steps").filter(|steps| !steps.is_null()) {
        Some(steps) => lower_some(steps, cx),
        None => {
            cx.missing("steps", execution.span);
            Vec::new()
        }
    }
}

impl FromNode for RegistrySpec {
    const KIND: FieldKind = FieldKind::Object(Self::FIELDS);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if node.text().is_some() {
            return Some(Self { connector_ref: Text::from_node(node, cx), pattern: None, span: node.span });
        }
        if !check_tables(node, &[Self::FIELDS], cx) {
            return None;
        }
        let mut registry = Self::read_known(node, cx);
        for other in ["connectorIdentifier", "name"] {
            registry.connector_ref = registry.connector_ref.or_else(|| read(node, other, cx));
        }
        if registry.connector_ref.is_none() {
            cx.missing("connectorRef", node.span);
        }
        Some(registry)
    }
}

impl FromNode for ServiceDependency {
    const KIND: FieldKind = FieldKind::Object(SERVICE);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[SERVICE], cx) {
            return None;
        }
        let body = node.get("spec").filter(|spec| check_tables(spec, &[BackgroundSpec::FIELDS, SERVICE_ARGS], cx));
        Some(Self {
            identifier: identifier::read(node, cx),
            name: read(node, "name", cx),
            spec: body.map_or_else(BackgroundSpec::default, |body| {
                let args = read(body, "args", cx);
                BackgroundSpec::read_known(body, cx, args)
            }),
            span: node.span,
        })
    }
}
