//! Evaluates trees to values.

mod evaluator;
mod indirect;
mod node;
mod operators;
mod outcome;
mod path;
mod script;
mod setting;
mod walk;

pub(crate) use operators::{contains, holds, is_empty, size, starts_or_ends};
pub use outcome::Evaluation;
pub(crate) use outcome::{evaluate_expression, evaluate_template};
