//! `when` and `failureStrategies` (flow.when, flow.strategies).

pub(crate) mod gates;
pub(crate) mod looping;
pub(crate) mod selection;

use cirun_diagnostics::{Span, codes::plan as codes, unknown_word};
use cirun_expressions::Template;
use cirun_parser::{
    FAILURE_ACTIONS, FAILURE_ERRORS, ParameterField, Text,
    model::{FailureActionSpec, FailureStrategySpec, WhenSpec},
};
use cirun_plan::{
    Attempts, Condition, FailureAction, FailureStrategy, StageStatus, StrategyLevel, Traced, When, parse_duration,
};

use crate::{
    lints,
    scope::{Ctx, Evaluated},
};

/// Resolves a `when`; without one, a step runs as long as nothing has failed.
pub(crate) fn when(ctx: &Ctx<'_>, spec: Option<&WhenSpec>) -> When {
    let Some(spec) = spec else { return When::default() };
    let status = spec.status.as_ref().and_then(|field| status(ctx, field)).unwrap_or(StageStatus::Success);
    When { status, condition: spec.condition.as_ref().and_then(|field| condition(ctx, field)) }
}

fn status(ctx: &Ctx<'_>, field: &Text) -> Option<StageStatus> {
    let word = ctx.known(field, "the status of a `when`")?;
    match word.value.as_str() {
        "Success" => Some(StageStatus::Success),
        "Failure" => Some(StageStatus::Failure),
        "All" => Some(StageStatus::All),
        other => {
            ctx.notes.report(
                codes::UNKNOWN_WORD
                    .says(format!("unknown status `{other}`"))
                    .at(field.span, "no such status")
                    .help("write `Success`, `Failure` or `All`"),
            );
            None
        }
    }
}

/// Resolves a condition: the whole text is an expression, even if it is not written as `<+…>`.
pub(crate) fn condition(ctx: &Ctx<'_>, field: &Text) -> Option<Traced<Condition>> {
    let source = match &field.value {
        ParameterField::Literal(text) => text.as_str(),
        ParameterField::Expression(template) => template.source(),
    };
    if source.trim().is_empty() {
        return None;
    }
    lints::constant_operand(ctx, source, field.span);
    let expression = match Template::parse_expression(source) {
        Ok(expression) => expression,
        Err(error) => {
            ctx.notes.report(
                codes::EXPRESSION_ERROR.says(error.to_string()).at(field.span, "this condition cannot be read"),
            );
            return None;
        }
    };
    let Traced { value, origin } = ctx.evaluate(&expression, field.span);
    let condition = match value {
        Evaluated::Ready { value, .. } => match value.truth() {
            Some(holds) => Condition::Known { holds, source: expression },
            None => Condition::Null { source: expression },
        },
        Evaluated::Deferred(pieces) => Condition::Deferred(pieces),
    };
    Some(Traced::new(condition, origin))
}

/// Resolves the strategies of one level; those for all errors come last.
pub(crate) fn strategies(ctx: &Ctx<'_>, specs: &[FailureStrategySpec]) -> Vec<FailureStrategy> {
    let mut strategies: Vec<FailureStrategy> = specs
        .iter()
        .filter_map(|spec| {
            for error in &spec.errors {
                known_word(ctx, "error type", &error.value, error.span, FAILURE_ERRORS);
            }
            let action = action(ctx, &spec.action)?;
            let errors = spec.errors.iter().map(|error| error.value.clone()).collect();
            Some(FailureStrategy {
                errors,
                action: Traced::new(action, ctx.written(spec.span)),
                level: StrategyLevel::Step,
            })
        })
        .collect();
    strategies.sort_by_key(|strategy| strategy.errors.iter().any(|error| error == "AllErrors"));
    strategies
}

fn action(ctx: &Ctx<'_>, spec: &FailureActionSpec) -> Option<FailureAction> {
    known_word(ctx, "failure action", &spec.kind.value, spec.kind.span, FAILURE_ACTIONS);
    Some(match spec.kind.value.as_str() {
        "Ignore" => FailureAction::Ignore,
        "MarkAsSuccess" => FailureAction::MarkAsSuccess,
        "MarkAsFailure" => FailureAction::MarkAsFailure,
        "Abort" => FailureAction::Abort,
        "StageRollback" | "StepGroupRollback" | "PipelineRollback" => FailureAction::StageRollback,
        "ProceedWithDefaultValues" => FailureAction::ProceedWithDefaultValues,
        "Retry" => FailureAction::Retry { attempts: attempts(ctx, spec), then: Box::new(then(ctx, spec)) },
        "RetryStepGroup" => FailureAction::RetryStepGroup(attempts(ctx, spec)),
        "ManualIntervention" => FailureAction::ManualIntervention {
            timeout: spec.timeout.as_ref().and_then(|field| duration(ctx, field)).unwrap_or_default(),
            on_timeout: Box::new(then(ctx, spec)),
        },
        _ => return None,
    })
}

/// The nested action; the service requires one, and marks the step as failed without it.
fn then(ctx: &Ctx<'_>, spec: &FailureActionSpec) -> FailureAction {
    spec.then.as_deref().and_then(|nested| action(ctx, nested)).unwrap_or(FailureAction::MarkAsFailure)
}

fn attempts(ctx: &Ctx<'_>, spec: &FailureActionSpec) -> Attempts {
    let count = spec.retry_count.as_ref().and_then(|field| ctx.int(field, "`retryCount`"));
    let intervals = spec.retry_intervals.as_ref().map(|field| match &field.value {
        ParameterField::Literal(items) => items.iter().filter_map(|item| duration(ctx, item)).collect(),
        ParameterField::Expression(_) => Vec::new(),
    });
    Attempts {
        count: count.map_or(1, |count| u32::try_from(count.value).unwrap_or(0)),
        intervals: intervals.unwrap_or_default(),
    }
}

/// Resolves a duration; a malformed one is reported.
pub(crate) fn duration(ctx: &Ctx<'_>, field: &Text) -> Option<std::time::Duration> {
    traced_duration(ctx, field).map(|duration| duration.value)
}

/// Resolves a duration with its origin; a malformed one is reported.
pub(crate) fn traced_duration(ctx: &Ctx<'_>, field: &Text) -> Option<Traced<std::time::Duration>> {
    let text = ctx.known(field, "a duration")?;
    match parse_duration(&text.value) {
        Ok(duration) => duration.map(|duration| Traced::new(duration, text.origin)),
        Err(_) if lints::null_in_duration(ctx, field, &text.value) => None,
        Err(error) => {
            ctx.notes.report(
                codes::BAD_DURATION
                    .says(format!("`{}` is not a duration", error.text))
                    .at(field.span, "CI cannot read this as a time (documents.durations)")
                    .help("write whole numbers with `w`, `d`, `h`, `m` or `s`, such as `10m` or `1h 30m`"),
            );
            None
        }
    }
}

fn known_word(ctx: &Ctx<'_>, what: &str, word: &str, span: Span, known: &[&str]) {
    if !known.contains(&word) {
        ctx.notes.report(unknown_word([what, what], word, span, known));
    }
}
