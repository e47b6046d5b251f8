//! Documents into one another, as trees and before lowering: templates, input sets, single inputs. Every value keeps
//! the place in the text that gave it.

mod fill;
mod inputs;
mod sample;
mod templates;

pub use inputs::{MissingInput, apply_defaults, apply_input_sets, missing_inputs, set_input, value_of};
pub use sample::pipeline_of_template;
pub use templates::{TemplateKind, TemplateQuery, TemplateScope, pick_template, resolve_templates};

#[cfg(test)]
mod tests;
