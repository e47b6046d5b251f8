//! The tree of a pattern.

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) tree: Tree,
    pub(super) names: Vec<(String, usize)>,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// Text for the `regex` crate: a character, a class, an assertion.
    Piece(String),
    Sequence(Vec<Tree>),
    Either(Vec<Tree>),
    /// `(…)`.
    Group(Box<Tree>),
    /// `(?:…)`.
    Bare(Box<Tree>),
    /// A part with its quantifier.
    Repeat(Box<Tree>, String),
    /// `$` and `\Z`: the end, or before a final line break.
    End {
        breaks: Breaks,
    },
    /// `^` in `(?m)`: after a line break, but not at the end.
    LineStart {
        breaks: Breaks,
    },
    /// `$` in `(?m)`.
    LineEnd {
        breaks: Breaks,
    },
}

/// The kinds of line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaks {
    /// `\n`, `\r\n`, `\r` and Unicode's.
    All,
    /// `(?d)`: only `\n`.
    Unix,
}
