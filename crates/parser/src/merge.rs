//! Merges documents, as trees and before lowering: templates, input sets, single inputs. Every value keeps its place in
//! the original text.

mod fill;
mod inputs;
mod sample;
mod templates;

pub use inputs::{MissingInput, apply_defaults, apply_input_sets, missing_inputs, set_input, value_of};
pub use sample::pipeline_of_template;
pub use templates::{TemplateKind, TemplateQuery, TemplateScope, pick_template, resolve_templates};

#[cfg(test)]
mod tests;
