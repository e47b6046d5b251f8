//! Flow control: conditions, failure strategies, loops, template references (flow.when, flow.actions, flow.loops).

use cirun_diagnostics::{Span, Spanned};
use indexmap::IndexMap;

use crate::{FieldKind, Int, Node, Text, TextList, lower::spec::spec, words};

/// `when`.
#[derive(Debug, Clone, PartialEq)]
pub struct WhenSpec {
    /// `stageStatus` of a step, `pipelineStatus` of a stage: `Success`, `Failure`, `All`.
    pub status: Option<Text>,
    /// `condition`.
    pub condition: Option<Text>,
    /// Its place.
    pub span: Span,
}

/// An item of `failureStrategies`.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureStrategySpec {
    /// `onFailure.errors`.
    pub errors: Vec<Spanned<String>>,
    /// `onFailure.action`.
    pub action: FailureActionSpec,
    /// Its place.
    pub span: Span,
}

/// `action`.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureActionSpec {
    /// `type`.
    pub kind: Spanned<String>,
    /// `spec.retryCount`.
    pub retry_count: Option<Int>,
    /// `spec.retryIntervals`.
    pub retry_intervals: Option<TextList>,
    /// `spec.condition`.
    pub condition: Option<Text>,
    /// `spec.timeout`.
    pub timeout: Option<Text>,
    /// `spec.onRetryFailure.action` or `spec.onTimeout.action`.
    pub then: Option<Box<FailureActionSpec>>,
}

/// `strategy`.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategySpec {
    /// `matrix`: axes in written order; an axis is a list of any nodes, or an expression.
    pub matrix: Option<IndexMap<String, Node>>,
    /// `matrix.exclude`.
    pub exclude: Vec<IndexMap<String, Text>>,
    /// `matrix.nodeName`.
    pub node_name: Option<Text>,
    /// `maxConcurrency`, of `matrix`, `repeat` or `strategy` itself.
    pub max_concurrency: Option<Int>,
    /// `parallelism`.
    pub parallelism: Option<Int>,
    /// `repeat`.
    pub repeat: Option<RepeatSpec>,
    /// `when`.
    pub when: Option<Text>,
    /// `onFailure`: `RunAll`, or `SkipQueued` to skip the instances that have not begun when one fails.
    pub on_failure: Option<Text>,
    /// Its place.
    pub span: Span,
}

spec! {
    /// `strategy.repeat`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RepeatSpec {
        /// How many times.
        "times" => times: Option<Int>,
        /// Once for each item; `<+repeat.item>` is the current one.
        "items" => items: Option<TextList>,
        /// The number of items per instance.
        "partitionSize" => partition_size: Option<Int>,
        /// The first instance.
        "start" => start: Option<Int>,
        /// The instance after the last.
        "end" => end: Option<Int>,
        /// The unit of `start` and `end`: `Percentage` or `Count`.
        "unit" => unit: Option<Text> as words::COUNTED,
    }
    known {
        "maxConcurrency": FieldKind::Int, "How many run at the same time.";
        "nodeName": FieldKind::Text, "How the runs are named.";
    }
}

const VERSION: FieldKind = FieldKind::Named("versionLabel");
/// Any map.
const MAP: FieldKind = FieldKind::Named("map");

spec! {
    /// `template`: a reference.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TemplateRef {
        /// The template's identifier, with `account.` or `org.` before it for those scopes.
        "templateRef" => template_ref: Spanned<String>,
        /// The version; the stable one if missing.
        "versionLabel" => version_label: Option<Text> as VERSION,
        /// The branch from which the service reads the template.
        "gitBranch" => git_branch: Option<Text>,
        /// Values for the template's runtime inputs, shaped like the template's body.
        "templateInputs" => inputs: Option<Node> as MAP,
        /// Values for the template's variables.
        "templateVariables" => variables: Option<Node> as MAP,
        /// Fields that replace those of the template, if it allows that.
        "templateOverrides" => overrides: Option<Node> as MAP,
    }
    with span;
    known { "label": FieldKind::Text, "A label instead of a version."; }
}
