//! XPath to tokens.

use crate::fault::Fault;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, `*`, or a name with a prefix.
    Name(String),
    Number(f64),
    Literal(String),
    Symbol(&'static str),
    End,
}

/// Every symbol, longest first.
const SYMBOLS: [&str; 20] =
    ["//", "..", "::", "!=", "<=", ">=", "/", ".", "(", ")", "[", "]", "@", ",", "|", "+", "-", "=", "<", ">"];

/// Splits `path` into tokens.
pub(super) fn tokens(path: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = path.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first == '\'' || first == '"' {
            let inside = &rest[1..];
            let end = inside.find(first).ok_or_else(|| Fault::value("a quote is not closed"))?;
            (Token::Literal(inside[..end].to_owned()), end + 2)
        } else if let Some((number, length)) = number(rest) {
            (Token::Number(number), length)
        } else if first == '*' {
            (Token::Name("*".to_owned()), 1)
        } else if first == '$' {
            return Err(Fault::value("there are no variables"));
        } else if first.is_alphabetic() || first == '_' {
            let length = name(rest);
            (Token::Name(rest[..length].to_owned()), length)
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
            let symbol = symbol.ok_or_else(|| Fault::value(format!("`{first}` has no meaning here")))?;
            (Token::Symbol(symbol), symbol.len())
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    tokens.push(Token::End);
    Ok(tokens)
}

/// A number with digits before the point, after it, or both.
fn number(text: &str) -> Option<(f64, usize)> {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map(digits);
    let length = match fraction {
        Some(fraction) if whole + fraction > 0 => whole + 1 + fraction,
        Some(_) | None => whole,
    };
    text[..length].parse().ok().map(|number| (number, length))
}

/// The length of a name, with its prefix: `x:note`, `x:*`.
fn name(text: &str) -> usize {
    let part = |text: &str| {
        let inside = |c: char| c.is_alphanumeric() || "_-.".contains(c) || c == '\u{b7}';
        text.len() - text.trim_start_matches(inside).len()
    };
    let first = part(text);
    match text[first..].strip_prefix(':') {
        Some(rest) if rest.starts_with('*') => first + 2,
        Some(rest) if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') => first + 1 + part(rest),
        Some(_) | None => first,
    }
}
