//! Trees to values.

mod evaluator;
mod indirect;
mod node;
mod operators;
mod outcome;
mod path;
mod script;
mod walk;

pub use outcome::Evaluation;
pub(crate) use outcome::{evaluate_expression, evaluate_template};
