//! Writes a tree as a pattern of the `regex` crate.

use super::tree::{Breaks, Tree};

/// A pattern of the crate, and the additional conditions on its matches.
#[derive(Debug, Clone, Default)]
pub(super) struct Emitted {
    pub(super) text: String,
    /// The crate's number of each group in the original; 0 is the whole match.
    pub(super) groups: Vec<usize>,
    /// Groups with the line break after a `$`, which does not belong to the match.
    pub(super) breaks: Vec<usize>,
    /// A `$` with something after it: only exact in a text that does not end with a line break.
    pub(super) inner_end: bool,
    /// `(?m)` is used: only exact in a text without Unicode's line breaks.
    pub(super) lines: bool,
    pub(super) line_start: LineStart,
    count: usize,
}

/// The use of `^` in `(?m)`: Java does not match it at the end of a text, the crate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LineStart {
    #[default]
    None,
    /// Every match begins with it.
    First,
    Inside,
}

/// Writes `tree` for the crate; `whole` is for matches of whole texts.
pub(super) fn emit(tree: &Tree, whole: bool) -> Emitted {
    let mut emitted = Emitted { groups: vec![0], ..Emitted::default() };
    if begins_with_line_start(tree) {
        emitted.line_start = LineStart::First;
    }
    if whole {
        emitted.text.push_str(r"\A(?:");
        emitted.tree(tree, Place::Last { whole: true });
        emitted.text.push_str(r")\z");
    } else {
        emitted.tree(tree, Place::Last { whole: false });
    }
    emitted
}

/// The position of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the last part of the pattern.
    Last {
        whole: bool,
    },
    Inner,
}

impl Emitted {
    fn tree(&mut self, tree: &Tree, place: Place) {
        match tree {
            Tree::Piece(piece) => self.text.push_str(piece),
            Tree::Sequence(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    // Parts after a `$` that only match the empty text do no harm.
                    let last = parts[at + 1..].iter().all(|part| matches!(part, Tree::End { .. }));
                    self.tree(part, if last { place } else { Place::Inner });
                }
            }
            Tree::Either(branches) => {
                for (at, branch) in branches.iter().enumerate() {
                    if at > 0 {
                        self.text.push('|');
                    }
                    self.tree(branch, place);
                }
            }
            Tree::Group(inner) => {
                self.count += 1;
                self.groups.push(self.count);
                self.text.push('(');
                self.tree(inner, place);
                self.text.push(')');
            }
            Tree::Bare(inner) => {
                self.text.push_str("(?:");
                self.tree(inner, place);
                self.text.push(')');
            }
            Tree::Repeat(inner, quantifier) => {
                self.text.push_str("(?:");
                self.tree(inner, Place::Inner);
                self.text.push(')');
                self.text.push_str(quantifier);
            }
            Tree::End { breaks } => match place {
                Place::Last { whole: true } => self.text.push_str(r"\z"),
                Place::Last { whole: false } => {
                    self.count += 1;
                    self.breaks.push(self.count);
                    self.text.push_str(match breaks {
                        Breaks::All => r"(\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z",
                        Breaks::Unix => r"(\n)?\z",
                    });
                }
                Place::Inner => {
                    self.inner_end = true;
                    self.text.push_str(r"\z");
                }
            },
            Tree::LineStart { breaks } => {
                self.lines |= *breaks == Breaks::All;
                if self.line_start == LineStart::None {
                    self.line_start = LineStart::Inside;
                }
                self.text.push_str(if *breaks == Breaks::All { "(?mR:^)" } else { "(?m:^)" });
            }
            Tree::LineEnd { breaks } => {
                self.lines |= *breaks == Breaks::All;
                self.text.push_str(if *breaks == Breaks::All { "(?mR:$)" } else { "(?m:$)" });
            }
        }
    }
}

fn begins_with_line_start(tree: &Tree) -> bool {
    match tree {
        Tree::LineStart { .. } => true,
        Tree::Sequence(parts) => parts.first().is_some_and(begins_with_line_start),
        Tree::Either(branches) => branches.iter().all(begins_with_line_start),
        Tree::Group(inner) | Tree::Bare(inner) => begins_with_line_start(inner),
        Tree::Piece(_) | Tree::Repeat(..) | Tree::End { .. } | Tree::LineEnd { .. } => false,
    }
}
