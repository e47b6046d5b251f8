//! Text with expressions in it, and text that is one as a whole.

#[cfg(test)]
mod expression_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    EvalError, Evaluation, Scope, SyntaxError,
    evaluate::{evaluate_expression, evaluate_template},
    syntax::{Source, Statement, parse_expression, parse_template},
};

/// A scalar's text, parsed into literal parts and `<+…>` parts. Cheap to clone, and as small as a pointer: documents have
/// room for one in every field, and few of them hold one.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Arc<Parsed>);

#[derive(Debug, PartialEq)]
struct Parsed {
    text: String,
    source: Source,
    /// What the text as a whole computes, if it was parsed as an expression.
    whole: Option<Vec<Statement>>,
}

impl Template {
    /// Parses `text`; malformed expressions are reported and kept as literal text.
    pub fn parse(text: &str) -> (Self, Vec<SyntaxError>) {
        let (source, errors) = parse_template(text);
        (Self(Arc::new(Parsed { text: text.to_owned(), source, whole: None })), errors)
    }

    /// Parses `text` as an expression as a whole, `<+…>` or not: `<+codebase.branch> == "main" && !<+inputs.quick>`.
    ///
    /// Conditions are written so; [`crate::Value::truth`] says what their value means. So are fields that take more
    /// than text (`<+pipeline.variables.list>.split(",")`). Empty text is null.
    pub fn parse_expression(text: &str) -> Result<Self, SyntaxError> {
        let (source, script) = parse_expression(text)?;
        Ok(Self(Arc::new(Parsed { text: text.to_owned(), source, whole: Some(script) })))
    }

    /// Returns the text as written.
    pub fn source(&self) -> &str {
        &self.0.text
    }

    /// Returns the text if it holds no expression.
    pub fn as_literal(&self) -> Option<&str> {
        (self.0.whole.is_none() && self.0.source.top.is_empty()).then_some(&self.0.text)
    }

    /// Evaluates in `scope`: a template that is only one expression keeps its type, any other is rendered to text.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Evaluation, EvalError> {
        let Parsed { text, source, whole } = &*self.0;
        match whole {
            Some(script) => evaluate_expression(text, source, script, scope),
            None => evaluate_template(text, source, scope),
        }
    }
}
