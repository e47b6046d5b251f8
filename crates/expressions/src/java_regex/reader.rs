//! The place in a pattern at which it is parsed, and the flags there.

use super::tree::Tree;
use crate::fault::Fault;

/// The maximum nesting of groups and classes.
const MAX_DEPTH: usize = 60;

/// The flags that `(?…)` sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    /// `i`: of ASCII letters only, unless `unicode_case`.
    pub(super) ignore_case: bool,
    /// `m`.
    pub(super) lines: bool,
    /// `s`.
    pub(super) dot_all: bool,
    /// `x`.
    pub(super) comments: bool,
    /// `d`.
    pub(super) unix_lines: bool,
    /// `u`.
    pub(super) unicode_case: bool,
    /// `U`.
    pub(super) unicode_classes: bool,
}

pub(super) type Read<T = Tree> = Result<T, Fault>;

/// Parses one pattern.
pub(super) struct Reader {
    pub(super) pattern: Vec<char>,
    pub(super) at: usize,
    pub(super) flags: Flags,
    pub(super) depth: usize,
    /// The number of groups so far.
    pub(super) groups: usize,
    /// Their names, with their numbers.
    pub(super) names: Vec<(String, usize)>,
}

impl Reader {
    /// The next character, after white space and comments in `(?x)`.
    pub(super) fn peek(&mut self) -> Option<char> {
        while self.flags.comments {
            match self.pattern.get(self.at) {
                Some('#') => {
                    while self.pattern.get(self.at).is_some_and(|character| !is_break(*character)) {
                        self.at += 1;
                    }
                }
                Some(' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r') => self.at += 1,
                Some(_) | None => break,
            }
        }
        self.pattern.get(self.at).copied()
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    pub(super) fn take_if(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::refused(format!("groups nest more than {MAX_DEPTH} levels deep")));
        }
        self.depth += 1;
        let tree = read(self);
        self.depth -= 1;
        tree
    }

    /// One character, in both cases if the flags require it.
    pub(super) fn literal(&self, character: char) -> String {
        let escaped = regex::escape(character.encode_utf8(&mut [0; 4]));
        if !self.flags.ignore_case {
            return escaped;
        }
        if self.flags.unicode_case {
            return format!("(?i:{escaped})");
        }
        if character.is_ascii_alphabetic() {
            return format!("[{}{}]", character.to_ascii_lowercase(), character.to_ascii_uppercase());
        }
        escaped
    }
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
