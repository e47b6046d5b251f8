//! Java's regular expressions, on the `regex` crate.
//!
//! A pattern is read as Java reads it and written anew for the crate. What Java can and the crate cannot (look-around,
//! back-references, possessive quantifiers) is refused by its name, so that no pattern can take more than linear time
//! and none means something else here.

mod class;
mod emit;
mod escape;
mod family;
mod matching;
mod parse;
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

/// How large a compiled pattern may be, in bytes.
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

/// A pattern that cannot be used: Java refuses it, or only Java could do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

/// Whether `pattern`, as Java reads it, is found anywhere in `text`.
///
/// # Errors
/// [`PatternError`], with what is wrong with the pattern.
pub fn is_found(pattern: &str, text: &str) -> Result<bool, PatternError> {
    let found = anywhere(pattern).and_then(|pattern| pattern.is_match(text));
    found.map_err(|fault| PatternError(fault.message().to_owned()))
}

/// Compiles `pattern`, to be found anywhere.
pub(crate) fn anywhere(pattern: &str) -> Result<Pattern, Fault> {
    compile(pattern, false)
}

/// Compiles `pattern`, to match whole texts.
pub(crate) fn whole(pattern: &str) -> Result<Pattern, Fault> {
    compile(pattern, true)
}

/// What compiling `pattern` may take, in an evaluation's steps: a counted repetition copies what it repeats.
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

/// The fault with its pattern.
fn within(fault: Fault, pattern: &str) -> Fault {
    match fault {
        Fault::Refused(message) => {
            Fault::Refused(format!("the regular expression `{pattern}` is not one that cirun can evaluate: {message}"))
        }
        fault => Fault::value(format!("`{pattern}` is not a regular expression: {}", fault.message())),
    }
}
