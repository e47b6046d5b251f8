//! Converts trees to the typed model. What cannot be read is reported and left out; the rest is still read.

pub(crate) mod connector;
pub(crate) mod context;
mod document;
pub(crate) mod execution;
pub(crate) mod flow;
mod identifier;
pub(crate) mod leaf;
mod pipeline;
pub(crate) mod spec;
pub(crate) mod stage;
pub(crate) mod step;
pub(crate) mod step_tables;

pub use connector::lower_connector;
pub use document::lower_document;
pub use flow::{FAILURE_ACTIONS, FAILURE_ERRORS};
pub use pipeline::lower_pipeline;
pub(crate) use pipeline::{CLONE_RESOURCES, FLOW_CONTROL, NOTIFICATION_RULE, PROPERTIES};
pub(crate) use stage::{BUILD_INTELLIGENCE, EXECUTION, PROVENANCE};

#[cfg(test)]
mod tests;
