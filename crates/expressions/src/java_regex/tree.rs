//! The tree of a pattern.

/// A pattern as it was read.
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
    /// With the quantifier behind it.
    Repeat(Box<Tree>, String),
    /// `$` and `\Z`: the end, or before the line break that is the end.
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

/// What breaks a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaks {
    /// `\n`, `\r\n`, `\r` and Unicode's.
    All,
    /// `(?d)`: only `\n`.
    Unix,
}
