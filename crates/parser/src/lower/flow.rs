//! Conditions and failure strategies.

use cirun_diagnostics::{Spanned, nearest};

use crate::{
    FieldKind, Int, Node, Text, TextList, Value, codes,
    lower::{
        context::Context,
        entries::{check_word, read},
        spec::{FromNode, REQUIRED, check_tables, fields, is_map},
    },
    model::{FailureActionSpec, FailureStrategySpec, WhenSpec},
};

fields! {
    STEP_WHEN {
        "stageStatus": FieldKind::Enum(STATUSES), REQUIRED;
        "condition": FieldKind::Text;
        "imagePullPolicy": FieldKind::Unread;
    }
    STAGE_WHEN {
        "pipelineStatus": FieldKind::Enum(STATUSES), REQUIRED;
        "condition": FieldKind::Text;
    }
    ON_FAILURE {
        "errors": FieldKind::List(&FieldKind::Enum(FAILURE_ERRORS)), REQUIRED;
        "action": FieldKind::Object(ACTION), REQUIRED;
    }
    FAILURE_STRATEGY {
        "onFailure": FieldKind::Object(ON_FAILURE), REQUIRED;
    }
    ACTION {
        "type": FieldKind::Enum(FAILURE_ACTIONS), REQUIRED;
        "spec": FieldKind::Object(ACTION_SPEC);
    }
    ACTION_SPEC {
        "retryCount": FieldKind::Int;
        "retryIntervals": FieldKind::TextList;
        "condition": FieldKind::Text;
        "timeout": FieldKind::Text;
        "onRetryFailure": FieldKind::Named("map");
        "onTimeout": FieldKind::Named("map");
    }
}

/// The values of a condition's status.
const STATUSES: &[&str] = &["Success", "Failure", "All"];

/// Errors that a failure strategy can handle (flow.errors).
pub const FAILURE_ERRORS: &[&str] = &[
    "Unknown",
    "AllErrors",
    "Authentication",
    "Connectivity",
    "Timeout",
    "Authorization",
    "Verification",
    "DelegateProvisioning",
    "PolicyEvaluationFailure",
    "InputTimeoutError",
    "ApprovalRejection",
    "DelegateRestart",
    "UserMarkedFailure",
    "InfrastructureFailure",
    "PluginImageFailure",
    "ResourceLimitsFailure",
    "ConfigurationFailure",
    "RetryableTransientFailure",
];

/// Actions of a failure strategy (flow.actions).
pub const FAILURE_ACTIONS: &[&str] = &[
    "Ignore",
    "MarkAsSuccess",
    "MarkAsFailure",
    "Abort",
    "StageRollback",
    "StepGroupRollback",
    "PipelineRollback",
    "ProceedWithDefaultValues",
    "Retry",
    "RetryStepGroup",
    "ManualIntervention",
];

/// The required fields of actions (flow.action-fields).
const NEEDED: &[(&str, &[&str])] =
    &[("Retry", &["retryCount", "retryIntervals", "onRetryFailure"]), ("ManualIntervention", &["timeout"])];

/// The condition of a step or step group.
impl FromNode for WhenSpec {
    const KIND: FieldKind = FieldKind::Object(STEP_WHEN);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        check_tables(node, &[STEP_WHEN], cx).then(|| Self::read(node, "stageStatus", cx))
    }
}

/// The condition of a stage.
pub(crate) struct StageWhen(pub(crate) WhenSpec);

impl FromNode for StageWhen {
    const KIND: FieldKind = FieldKind::Object(STAGE_WHEN);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        check_tables(node, &[STAGE_WHEN], cx).then(|| Self(WhenSpec::read(node, "pipelineStatus", cx)))
    }
}

impl WhenSpec {
    /// Reads a condition with the required status field `key` (flow.when).
    fn read(node: &Node, key: &'static str, cx: &mut Context) -> Self {
        let status = node.get(key).filter(|node| !node.is_null());
        match status {
            None => cx.missing(key, node.span),
            Some(node) => {
                if let Some(word) = Spanned::<String>::from_node(node, cx) {
                    check_word(&word, STATUSES, cx);
                }
            }
        }
        Self {
            status: status.and_then(|node| Text::from_node(node, cx)),
            condition: read(node, "condition", cx),
            span: node.span,
        }
    }
}

impl FromNode for FailureStrategySpec {
    const KIND: FieldKind = FieldKind::Object(FAILURE_STRATEGY);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[FAILURE_STRATEGY], cx) {
            return None;
        }
        let Some(on_failure) = node.get("onFailure").filter(|node| !node.is_null()) else {
            cx.missing("onFailure", node.span);
            return None;
        };
        if !check_tables(on_failure, &[ON_FAILURE], cx) {
            return None;
        }
        let errors = on_failure.get("errors").map_or_else(Vec::new, |node| error_names(node, cx));
        let Some(action) = read(on_failure, "action", cx) else {
            if on_failure.get("action").is_none() {
                cx.missing("action", on_failure.span);
            }
            return None;
        };
        Some(Self { errors, action, span: node.span })
    }
}

/// Reports an error that is in two strategies of one level (flow.strategies).
pub(crate) fn check_mapped_once(strategies: &[FailureStrategySpec], cx: &mut Context) {
    for (at, strategy) in strategies.iter().enumerate() {
        for error in &strategy.errors {
            let mut before = strategies[..at].iter().flat_map(|strategy| &strategy.errors);
            let Some(first) = before.find(|first| first.value == error.value) else { continue };
            let message = format!("two failure strategies of one level handle `{}`", error.value);
            let found = codes::ERROR_MAPPED_TWICE.says(message).at(error.span, "again").at(first.span, "the first one");
            cx.report(found.help("name it in one of them"));
        }
    }
}

fn error_names(node: &Node, cx: &mut Context) -> Vec<Spanned<String>> {
    let names = match &node.value {
        Value::Scalar { .. } => std::slice::from_ref(node),
        Value::List(items) => items.as_slice(),
        Value::Null => &[],
        Value::Map(_) => {
            cx.expected_list(node);
            &[]
        }
    };
    let names: Vec<_> = names.iter().filter_map(|name| Spanned::<String>::from_node(name, cx)).collect();
    for name in &names {
        check_word(name, FAILURE_ERRORS, cx);
    }
    if let (Some(all), true) = (names.iter().find(|name| name.value == "AllErrors"), names.len() > 1) {
        let error = codes::CONFLICTING_FIELDS.says("`AllErrors` cannot be combined with other errors");
        cx.report(error.at(all.span, "the service refuses the list").help("keep only `AllErrors`, or name the errors"));
    }
    names
}

impl FromNode for FailureActionSpec {
    const KIND: FieldKind = FieldKind::Object(ACTION);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[ACTION], cx) {
            return None;
        }
        let Some(kind) = read::<Spanned<String>>(node, "type", cx) else {
            cx.missing("type", node.span);
            return None;
        };
        if !kind.value.contains("<+") && !FAILURE_ACTIONS.contains(&kind.value.as_str()) {
            let mut warning = codes::UNKNOWN_ACTION.says(format!("unknown action `{}`", kind.value)).at(kind.span, "");
            warning.help =
                nearest(&kind.value, FAILURE_ACTIONS.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            cx.report(warning);
        }
        check_needed(&kind.value, node, cx);
        let mut action =
            Self { kind, retry_count: None, retry_intervals: None, condition: None, timeout: None, then: None };
        let Some(spec) = node.get("spec").filter(|spec| !spec.is_null()) else { return Some(action) };
        if check_tables(spec, &[ACTION_SPEC], cx) {
            action.retry_count = without_bean::<Int>(spec, "retryCount", cx);
            action.retry_intervals = without_bean::<TextList>(spec, "retryIntervals", cx);
            action.condition = read(spec, "condition", cx);
            action.timeout = read(spec, "timeout", cx);
            action.then = then(spec, cx);
        }
        Some(action)
    }
}

/// Reports the missing fields of this type of action.
fn check_needed(kind: &str, node: &Node, cx: &mut Context) {
    let spec = node.get("spec").filter(|spec| !spec.is_null());
    let needed = NEEDED.iter().filter(|(action, _)| *action == kind && spec.is_none_or(|spec| spec.text().is_none()));
    for name in needed.flat_map(|(_, fields)| fields.iter()) {
        if spec.and_then(|spec| spec.get(name)).is_none_or(Node::is_null) {
            cx.missing(name, spec.unwrap_or(node).span);
        }
    }
}

/// A field that examples of the schema write as `{value: …}`, a form that nothing reads.
fn without_bean<T: FromNode>(spec: &Node, key: &str, cx: &mut Context) -> Option<T> {
    let value = spec.get(key)?;
    if value.get("value").is_some() {
        let help = format!("write `{key}:` with the value itself");
        cx.report(
            codes::LEGACY_BEAN
                .says(format!("`{key}` has a form that is not read"))
                .at(value.span, "ignored")
                .help(help),
        );
        return None;
    }
    read(spec, key, cx)
}

fn then(spec: &Node, cx: &mut Context) -> Option<Box<FailureActionSpec>> {
    let follow = ["onRetryFailure", "onTimeout"].iter().find_map(|key| spec.get(key)).filter(|node| !node.is_null())?;
    is_map(follow, cx).then_some(())?;
    read(follow, "action", cx).map(Box::new)
}
