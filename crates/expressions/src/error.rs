//! Errors of expressions, with their places.

use std::ops::Range;

/// An error in the text of an expression; `span` is in bytes of the template's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The problem: a lowercase fragment.
    pub message: String,
    /// The place, in bytes of the template's text.
    pub span: Range<usize>,
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// The problem: a lowercase fragment.
    pub message: String,
    /// The place, in bytes of the template's text.
    pub span: Range<usize>,
}
