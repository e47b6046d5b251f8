//! The names at a place of the pipeline, and the values of literals, expressions and secrets there.

mod names;
mod resolve;
pub(crate) mod run_values;
pub(crate) mod secrets;
pub(crate) mod variables;

pub(crate) use names::{Entry, GlobalScope, Known, Names, StepIds, dotted};
pub(crate) use resolve::{Ctx, Evaluated, given};
