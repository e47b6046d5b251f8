//! `<+…>`: Harness expressions, parsed once and evaluated as often as needed.
//!
//! Pure: no clock, no environment, no files. All values come from [`Scope`]. `docs/expressions.md` describes the
//! language; its tables are tests of this crate.

#[cfg(test)]
mod documentation;
mod error;
mod evaluate;
mod fault;
mod functors;
mod java_regex;
mod methods;
mod object;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;
mod runtime_input;
mod scan;
mod scope;
mod syntax;
mod template;
#[cfg(test)]
mod testing;
mod value;

pub use error::{EvalError, SyntaxError};
pub use evaluate::Evaluation;
pub use java_regex::{PatternError, is_found};
pub use runtime_input::RuntimeInput;
pub use scope::{Lookup, Scope, Segment};
pub use template::Template;
pub use value::Value;
