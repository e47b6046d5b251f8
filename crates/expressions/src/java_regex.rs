//! Java's regular expressions, on the `regex` crate.
//!
//! A pattern is parsed as Java parses it and rewritten for the crate. Features that only Java has (look-around,
//! back-references, possessive quantifiers) are refused by name, so that every pattern takes linear time and none has
//! another meaning here.

mod class;
mod emit;
mod escape;
mod family;
mod matching;
mod parse;
mod reader;
mod replace;
#[cfg(test)]
mod tests;
mod tree;

use regex::{Regex, RegexBuilder};

use self::{
    emit::{Emitted, emit},
    tree::Parsed,
};
use crate::fault::Fault;

/// The maximum size of a compiled pattern, in bytes.
const MAX_COMPILED: usize = 1 << 19;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    written: String,
    regex: Regex,
    emitted: Emitted,
    /// Names of groups, with their numbers.
    names: Vec<(String, usize)>,
}

/// A pattern that cannot be used: Java refuses it, or only Java supports it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

/// Whether `pattern`, as Java parses it, matches anywhere in `text`.
///
/// # Errors
/// [`PatternError`], with the problem of the pattern.
pub fn is_found(pattern: &str, text: &str) -> Result<bool, PatternError> {
    let found = anywhere(pattern).and_then(|pattern| pattern.is_match(text));
    found.map_err(|fault| PatternError(fault.message().to_owned()))
}

/// Compiles `pattern`, to match anywhere.
pub(crate) fn anywhere(pattern: &str) -> Result<Pattern, Fault> {
    compile(pattern, false)
}

/// Compiles `pattern`, to match whole texts.
pub(crate) fn whole(pattern: &str) -> Result<Pattern, Fault> {
    compile(pattern, true)
}

/// The cost of compiling `pattern`, in an evaluation's steps: a counted repetition copies its content.
pub(crate) fn effort(pattern: &str) -> usize {
    pattern.len() + if pattern.contains('{') { 2000 } else { 100 }
}

fn compile(pattern: &str, whole: bool) -> Result<Pattern, Fault> {
    let Parsed { tree, names } = parse::parse(pattern).map_err(|fault| within(fault, pattern))?;
    let emitted = emit(&tree, whole);
    let regex = RegexBuilder::new(&emitted.text)
        .size_limit(MAX_COMPILED)
        .build()
        .map_err(|_| within(Fault::refused("it is too large"), pattern))?;
    Ok(Pattern { written: pattern.to_owned(), regex, emitted, names })
}

/// Adds the pattern to the fault.
fn within(fault: Fault, pattern: &str) -> Fault {
    match fault {
        Fault::Refused(message) => {
            Fault::Refused(format!("the regular expression `{pattern}` cannot be evaluated by cirun: {message}"))
        }
        fault => Fault::value(format!("`{pattern}` is not a regular expression: {}", fault.message())),
    }
}
