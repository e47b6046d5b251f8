//! The operators of JEXL 3.0 with their precedences, as a table.

use super::ast::BinaryOp;

/// A binary operator as it is written.
struct Written {
    symbol: &'static str,
    /// The word form, if there is one.
    word: &'static str,
    /// Binds tighter when higher.
    precedence: u8,
    operator: BinaryOp,
}

const fn row(symbol: &'static str, word: &'static str, precedence: u8, operator: BinaryOp) -> Written {
    Written { symbol, word, precedence, operator }
}

const BINARY: [Written; 20] = [
    row("||", "or", 1, BinaryOp::Or),
    row("&&", "and", 2, BinaryOp::And),
    row("==", "eq", 3, BinaryOp::Equal),
    row("!=", "ne", 3, BinaryOp::NotEqual),
    row("<", "lt", 4, BinaryOp::Less),
    row(">", "gt", 4, BinaryOp::Greater),
    row("<=", "le", 4, BinaryOp::LessOrEqual),
    row(">=", "ge", 4, BinaryOp::GreaterOrEqual),
    row("=~", "", 4, BinaryOp::Matches),
    row("!~", "", 4, BinaryOp::NotMatches),
    row("=^", "", 4, BinaryOp::StartsWith),
    row("!^", "", 4, BinaryOp::NotStartsWith),
    row("=$", "", 4, BinaryOp::EndsWith),
    row("!$", "", 4, BinaryOp::NotEndsWith),
    row("..", "", 5, BinaryOp::Range),
    row("+", "", 6, BinaryOp::Add),
    row("-", "", 6, BinaryOp::Subtract),
    row("*", "", 7, BinaryOp::Multiply),
    row("/", "div", 7, BinaryOp::Divide),
    row("%", "mod", 7, BinaryOp::Remainder),
];

/// Finds the operator that `symbol` writes, with its precedence.
pub(super) fn binary_symbol(symbol: &str) -> Option<(u8, BinaryOp)> {
    BINARY.iter().find(|row| row.symbol == symbol).map(|row| (row.precedence, row.operator))
}

/// Finds the operator that `word` writes, with its precedence.
pub(super) fn binary_word(word: &str) -> Option<(u8, BinaryOp)> {
    BINARY.iter().find(|row| row.word == word && !word.is_empty()).map(|row| (row.precedence, row.operator))
}

/// Words that cannot name a variable.
pub(super) const RESERVED: [&str; 12] =
    ["true", "false", "null", "var", "if", "else", "for", "while", "return", "break", "continue", "function"];

/// Every symbol, longest first.
pub(super) const SYMBOLS: [&str; 45] = [
    "...", "||", "&&", "==", "!=", "<=", ">=", "=~", "!~", "=^", "!^", "=$", "!$", "..", "?:", "->", "+=", "-=", "*=",
    "/=", "%=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", "=", ".", ",", ";", "(", ")", "[", "]", "{", "}",
    "&", "|", "^", "~",
];

/// Finds the operator inside an assignment such as `+=`; plain `=` has none.
pub(super) fn assignment(symbol: &str) -> Option<Option<BinaryOp>> {
    match symbol {
        "=" => Some(None),
        "+=" | "-=" | "*=" | "/=" | "%=" => Some(binary_symbol(&symbol[..1]).map(|(_, operator)| operator)),
        _ => None,
    }
}
