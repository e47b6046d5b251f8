//! What can be wrong with an expression, and where.

use std::ops::Range;

/// A mistake in the text of an expression; `span` is in bytes of the template's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// Where, in bytes of the template's text.
    pub span: Range<usize>,
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// Where, in bytes of the template's text.
    pub span: Range<usize>,
}
