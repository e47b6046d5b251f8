//! The result of an evaluation, and its two entry points.

use super::evaluator::{Evaluator, Frame, Stop, Unit};
use crate::{
    EvalError, Scope, Value,
    object::Object,
    syntax::{Source, Span, Statement},
};

/// The result of evaluating a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Evaluation {
    /// A value.
    Ready {
        /// The value; text with anything around an expression is rendered to a string.
        value: Value,
        /// A secret went into it.
        secret: bool,
        /// References that did not resolve (each became `null`), as written.
        unresolved: Vec<String>,
    },
    /// It depends on a running step.
    Pending,
}

/// Evaluates a text with blocks in it.
pub(crate) fn evaluate_template(text: &str, source: &Source, scope: &dyn Scope) -> Result<Evaluation, EvalError> {
    let unit = Unit { text, source };
    let mut evaluator = Evaluator::new(scope);
    let whole = whole(text);
    let value = match source.top.as_slice() {
        [] => Ok(Object::from(text)),
        &[block] if source.blocks[block].span == whole => evaluator.block(unit, block),
        top => evaluator.render(unit, whole, top).map(Object::from),
    };
    conclude(evaluator, value, whole)
}

/// Evaluates a text that is a single expression.
pub(crate) fn evaluate_expression(
    text: &str,
    source: &Source,
    script: &[Statement],
    scope: &dyn Scope,
) -> Result<Evaluation, EvalError> {
    let mut evaluator = Evaluator::new(scope);
    let value = evaluator.script(Unit { text, source }, script, &mut Frame::default());
    conclude(evaluator, value, whole(text))
}

fn whole(text: &str) -> Span {
    Span { start: 0, end: text.len() }
}

fn conclude(evaluator: Evaluator<'_>, value: Result<Object, Stop>, whole: Span) -> Result<Evaluation, EvalError> {
    let value = value.and_then(|value| value.value().map_err(|fault| Stop::new(fault, whole)));
    match value {
        Ok(value) => {
            let (secret, unresolved) = evaluator.into_findings();
            Ok(Evaluation::Ready { value, secret, unresolved })
        }
        Err(Stop::Pending) => Ok(Evaluation::Pending),
        Err(Stop::Failed { fault, span }) => {
            Err(EvalError { message: fault.message().to_owned(), span: span.start..span.end })
        }
    }
}
