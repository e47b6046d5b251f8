//! The operators of JEXL 3.0 with their precedences, as a table.

use super::ast::BinaryOp;

/// A binary operator as it is written.
struct Written {
    symbol: &'static str,
    /// The word form, if there is one.
    word: &'static str,
    /// Higher binds tighter.
    precedence: u8,
    operator: BinaryOp,
}

const fn row(symbol: &'static str, word: &'static str, precedence: u8, operator: BinaryOp) -> Written {
    Written { symbol, word, precedence, operator }
}

/// Operators of this precedence and the next do not chain: `1 < 2 < 3` is not an expression.
pub(super) const SINGLE: std::ops::RangeInclusive<u8> = 6..=7;

const BINARY: [Written; 23] = [
    row("||", "or", 1, BinaryOp::Or),
    row("&&", "and", 2, BinaryOp::And),
    row("|", "", 3, BinaryOp::BitOr),
    row("^", "", 4, BinaryOp::BitXor),
    row("&", "", 5, BinaryOp::BitAnd),
    row("==", "eq", 6, BinaryOp::Equal),
    row("!=", "ne", 6, BinaryOp::NotEqual),
    row("..", "", 6, BinaryOp::Range),
    row("<", "lt", 7, BinaryOp::Less),
    row(">", "gt", 7, BinaryOp::Greater),
    row("<=", "le", 7, BinaryOp::LessOrEqual),
    row(">=", "ge", 7, BinaryOp::GreaterOrEqual),
    row("=~", "", 7, BinaryOp::Matches),
    row("!~", "", 7, BinaryOp::NotMatches),
    row("=^", "", 7, BinaryOp::StartsWith),
    row("!^", "", 7, BinaryOp::NotStartsWith),
    row("=$", "", 7, BinaryOp::EndsWith),
    row("!$", "", 7, BinaryOp::NotEndsWith),
    row("+", "", 8, BinaryOp::Add),
    row("-", "", 8, BinaryOp::Subtract),
    row("*", "", 9, BinaryOp::Multiply),
    row("/", "div", 9, BinaryOp::Divide),
    row("%", "mod", 9, BinaryOp::Remainder),
];

/// Finds the operator for `symbol`, with its precedence.
pub(super) fn binary_symbol(symbol: &str) -> Option<(u8, BinaryOp)> {
    BINARY.iter().find(|row| row.symbol == symbol).map(|row| (row.precedence, row.operator))
}

/// Finds the operator for `word`, with its precedence.
pub(super) fn binary_word(word: &str) -> Option<(u8, BinaryOp)> {
    BINARY.iter().find(|row| row.word == word && !word.is_empty()).map(|row| (row.precedence, row.operator))
}

/// Keywords: they are not variables, and not keys after a dot.
pub(super) const KEYWORDS: [&str; 27] = [
    "if", "else", "for", "while", "new", "var", "empty", "size", "null", "true", "false", "return", "function",
    "break", "continue", "and", "or", "eq", "ne", "gt", "ge", "lt", "le", "div", "mod", "not", "NaN",
];

/// Every symbol, longest first.
pub(super) const SYMBOLS: [&str; 48] = [
    "...", "||", "&&", "==", "!=", "<=", ">=", "=~", "!~", "=^", "!^", "=$", "!$", "..", "?:", "->", "+=", "-=", "*=",
    "/=", "%=", "&=", "|=", "^=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", "=", ".", ",", ";", "(", ")", "[",
    "]", "{", "}", "&", "|", "^", "~",
];

/// Finds the operator inside an assignment such as `+=`; plain `=` has none.
pub(super) fn assignment(symbol: &str) -> Option<Option<BinaryOp>> {
    match symbol {
        "=" => Some(None),
        "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" => {
            Some(binary_symbol(&symbol[..1]).map(|(_, operator)| operator))
        }
        _ => None,
    }
}
