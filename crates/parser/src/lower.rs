//! Converts trees to the typed model. What cannot be read is reported and left out; the rest is still read.

pub(crate) mod build;
pub(crate) mod connector;
pub(crate) mod context;
mod document;
pub(crate) mod entries;
pub(crate) mod execution;
pub(crate) mod flow;
mod identifier;
pub(crate) mod infrastructure;
pub(crate) mod leaf;
mod looping;
mod pipeline;
pub(crate) mod spec;
pub(crate) mod stage;
pub(crate) mod step;
pub(crate) mod step_specs;
pub(crate) mod step_tables;

pub use connector::lower_connector;
pub use document::lower_document;
pub use flow::{FAILURE_ACTIONS, FAILURE_ERRORS};
pub use pipeline::lower_pipeline;

#[cfg(test)]
mod tests;
