//! Parses Harness documents: from text to types, with the place of every value, and a diagnostic for every error.
//!
//! Pure: no files, no environment, no clock. There are two phases, and other crates may work between them: text becomes
//! [`Document`]s of [`Node`]s (templates and input sets are merged there, as trees), and nodes become the [`model`].

mod connector_types;
mod field;
#[cfg(test)]
mod golden;
mod local_steps;
mod lower;
mod merge;
pub mod model;
mod node;
#[cfg(test)]
mod outline;
mod recognise;
mod saving;
mod schema;

mod step_types;
pub mod tables;
#[cfg(test)]
mod testing;
mod words;
mod yaml;

use cirun_diagnostics::{Diagnostic, codes::documents as codes};
pub use cirun_expressions::RuntimeInput;
pub use connector_types::{CONNECTOR_TYPES, ConnectorClass, connector_class};
pub use field::{FieldInfo, FieldKind, Flag, Int, Key, ParameterField, Text, TextList, TextMap};
pub use lower::{FAILURE_ACTIONS, FAILURE_ERRORS, lower_connector, lower_document, lower_pipeline};
pub use merge::{
    MissingInput, TemplateKind, TemplateQuery, TemplateScope, apply_defaults, apply_input_sets, missing_inputs,
    pick_template, pipeline_of_template, resolve_templates, set_input, value_of,
};
pub use node::{Document, DocumentKind, Entry, Node, Value};
pub use saving::refused_when_saved;
pub use schema::schema;
pub use step_types::{LocalStep, STEP_TYPES, StepClass, StepType, step_type};
pub use yaml::{MAX_BYTES, MAX_DEPTH, decode, parse_documents};

/// A tree with the diagnostics of its text; the tree is as complete as the text allows.
#[derive(Debug, Clone)]
pub struct Parse<T> {
    /// The tree.
    pub tree: T,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}
