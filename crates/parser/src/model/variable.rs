//! Variables of pipelines, stages and step groups (documents.pipeline).

use cirun_diagnostics::Spanned;

use crate::{Flag, Text};

/// A variable of a pipeline, stage or step group.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// `name`.
    pub name: Spanned<String>,
    /// `type`.
    pub kind: VariableType,
    /// `value`.
    pub value: Option<Text>,
    /// `default`.
    pub default: Option<Text>,
    /// `required`.
    pub required: Option<Flag>,
}

/// The types of variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableType {
    /// Text.
    String,
    /// A number.
    Number,
    /// The identifier of a secret.
    Secret,
}
