//! Text with expressions in it, and text that is a single expression.

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

/// A scalar's text, parsed into literal parts and `<+…>` parts. Cheap to clone, and as small as a pointer: documents
/// have room for one in every field, but few have expressions.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Arc<Parsed>);

#[derive(Debug, PartialEq)]
struct Parsed {
    text: String,
    source: Source,
    /// The expression of the whole text, if it was parsed as one.
    whole: Option<Vec<Statement>>,
}

impl Template {
    /// Parses `text`; malformed expressions are reported and kept as literal text.
    pub fn parse(text: &str) -> (Self, Vec<SyntaxError>) {
        let (source, errors) = parse_template(text);
        (Self(Arc::new(Parsed { text: text.to_owned(), source, whole: None })), errors)
    }

    /// Parses the whole of `text` as an expression, with or without `<+…>`: `<+codebase.branch> == "main" &&
    /// !<+inputs.quick>`.
    ///
    /// This is for conditions ([`crate::Value::truth`] gives the truth of their value), and for fields that accept more
    /// than text (`<+pipeline.variables.list>.split(",")`). Empty text is null.
    pub fn parse_expression(text: &str) -> Result<Self, SyntaxError> {
        let (source, script) = parse_expression(text)?;
        Ok(Self(Arc::new(Parsed { text: text.to_owned(), source, whole: Some(script) })))
    }

    /// Returns the text as written.
    pub fn source(&self) -> &str {
        &self.0.text
    }

    /// Returns the text if it contains no expression.
    pub fn as_literal(&self) -> Option<&str> {
        (self.0.whole.is_none() && self.0.source.top.is_empty()).then_some(&self.0.text)
    }

    /// Evaluates in `scope`: a template that is a single expression keeps its type, any other is rendered to text.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Evaluation, EvalError> {
        let Parsed { text, source, whole } = &*self.0;
        match whole {
            Some(script) => evaluate_expression(text, source, script, scope),
            None => evaluate_template(text, source, scope),
        }
    }
}
