//! What is wrong, where, and what to do: one severity, one table of codes, places in texts, and the forms of a diagnostic
//! for people, programs and code scanners. A failure is what has no place in a file.
//!
//! Pure: whoever calls prints.

mod causes;
mod code;
pub mod codes;
mod diagnostic;
mod excerpt;
mod failure;
mod human;
mod json;
pub mod rules;
mod sarif;
mod source;
mod suggest;
mod superseded;

pub use causes::with_causes;
pub use code::Code;
pub use diagnostic::{Diagnostic, Label, Severity};
pub use failure::{Failure, FailureKind};
pub use human::{Style, location, place, render};
pub use json::lines as json_lines;
pub use sarif::sarif;
pub use source::{Source, SourceId, Sources, Span, Spanned};
pub use suggest::{by_likeness, nearest, unknown_word};
pub use superseded::{follows_from_the_end, without_superseded};
