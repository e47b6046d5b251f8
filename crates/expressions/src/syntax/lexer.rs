//! Text to tokens, on demand.

use super::{
    ast::{Name, Part, Span},
    operator::SYMBOLS,
};
use crate::{SyntaxError, scan::Pair};

/// A token of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(Name),
    Int(i64),
    Float(f64),
    Text(Vec<Part>),
    Block(usize),
    Symbol(&'static str),
    End,
}

/// Reads tokens from one block's inside; nested blocks are single tokens.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    pairs: &'a [Pair],
    /// Whether `//`, `##` and `/* */` are comments; in a plain value they are text.
    comments: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, span: Span, pairs: &'a [Pair], comments: bool) -> Self {
        Self { text, at: span.start, end: span.end, pairs, comments }
    }

    /// Reads the next token.
    pub(super) fn next(&mut self) -> Result<(Token, Span), SyntaxError> {
        self.skip_blanks();
        let start = self.at;
        let rest = &self.text[start..self.end];
        let Some(first) = rest.chars().next() else { return Ok((Token::End, self.span_from(start))) };
        let token = if let Some((block, end)) = self.block_at(start) {
            self.at = end;
            Token::Block(block)
        } else if first == '"' || first == '\'' {
            Token::Text(self.quoted(first)?)
        } else if first.is_ascii_digit() {
            self.number()?
        } else if starts_name(first) {
            Token::Name(self.name())
        } else {
            self.symbol(first)?
        };
        Ok((token, self.span_from(start)))
    }

    /// Reads what may follow a dot: a name, perhaps with blocks in it, a position, or quoted text.
    pub(super) fn member(&mut self) -> Result<(Name, Span), SyntaxError> {
        self.skip_blanks();
        let start = self.at;
        match self.text[start..self.end].chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let parts = self.quoted(quote)?;
                Ok((join(parts), self.span_from(start)))
            }
            Some(first) if continues_name(first) || self.block_at(start).is_some() => {
                let name = self.name();
                Ok((name, self.span_from(start)))
            }
            Some(_) | None => Err(self.error(start, "a name is missing after `.`")),
        }
    }

    /// Moves back to `at`, to read a token again in another way.
    pub(super) fn rewind(&mut self, at: usize) {
        self.at = at;
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..self.end];
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            let rest = &rest[blank..];
            let comment = if !self.comments {
                0
            } else if rest.starts_with("//") || rest.starts_with("##") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                0
            };
            if comment == 0 {
                return;
            }
            self.at += comment;
        }
    }

    fn block_at(&self, at: usize) -> Option<(usize, usize)> {
        let index = self.pairs.binary_search_by_key(&at, |pair| pair.open).ok()?;
        Some((index, self.pairs[index].close + 1))
    }

    fn name(&mut self) -> Name {
        let mut parts = Vec::new();
        loop {
            let rest = &self.text[self.at..self.end];
            let length = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
            if length > 0 {
                parts.push(Part::Literal(rest[..length].to_owned()));
                self.at += length;
            }
            let Some((block, end)) = self.block_at(self.at) else { return join(parts) };
            parts.push(Part::Block(block));
            self.at = end;
        }
    }

    fn number(&mut self) -> Result<Token, SyntaxError> {
        let start = self.at;
        let rest = &self.text[start..self.end];
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let fraction = rest[word..].strip_prefix('.').filter(|tail| tail.starts_with(|c: char| c.is_ascii_digit()));
        let mut length = word;
        if let Some(tail) = fraction {
            length += 1 + tail.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tail.len());
        }
        if rest[..length].ends_with(['e', 'E']) && rest[length..].starts_with(['-', '+']) {
            let tail = &rest[length + 1..];
            length += 1 + tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        }
        self.at += length;
        parse_number(&rest[..length]).ok_or_else(|| self.error(start, "not a number"))
    }

    fn symbol(&mut self, first: char) -> Result<Token, SyntaxError> {
        let start = self.at;
        let rest = &self.text[start..self.end];
        // `\>` is how `>` is written inside `<+…>`.
        let (skipped, rest) =
            rest.strip_prefix('\\').filter(|tail| tail.starts_with('>')).map_or((0, rest), |tail| (1, tail));
        match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => {
                self.at += skipped + symbol.len();
                Ok(Token::Symbol(symbol))
            }
            None => {
                self.at += first.len_utf8();
                Err(self.error(start, &format!("`{first}` has no meaning here")))
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Vec<Part>, SyntaxError> {
        let start = self.at;
        let (mut parts, mut literal) = (Vec::new(), String::new());
        self.at += 1;
        loop {
            if let Some((block, end)) = self.block_at(self.at) {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
                parts.push(Part::Block(block));
                self.at = end;
                continue;
            }
            let mut chars = self.text[self.at..self.end].chars();
            let Some(next) = chars.next() else {
                return Err(self.error(start, "the text's closing quote is missing (`>` in it is written `\\>`)"));
            };
            self.at += next.len_utf8();
            match next {
                '\\' => self.escape(quote, &mut literal),
                _ if next == quote => {
                    parts.push(Part::Literal(literal));
                    parts.retain(|part| *part != Part::Literal(String::new()));
                    return Ok(parts);
                }
                _ => literal.push(next),
            }
        }
    }

    /// JEXL 3.0 knows the quote, the backslash and `\uXXXX`; before anything else the backslash stays.
    fn escape(&mut self, quote: char, literal: &mut String) {
        let rest = &self.text[self.at..self.end];
        let Some(next) = rest.chars().next() else {
            literal.push('\\');
            return;
        };
        if next == 'u'
            && let Some(code) = rest.get(1..5).and_then(|digits| u32::from_str_radix(digits, 16).ok())
            && let Some(character) = char::from_u32(code)
        {
            literal.push(character);
            self.at += 5;
            return;
        }
        if next != quote && next != '\\' && next != '>' {
            literal.push('\\');
            return;
        }
        literal.push(next);
        self.at += next.len_utf8();
    }

    fn span_from(&self, start: usize) -> Span {
        Span { start, end: self.at }
    }

    fn error(&self, start: usize, message: &str) -> SyntaxError {
        SyntaxError { message: message.to_owned(), span: start..self.at.max(start) }
    }
}

fn join(parts: Vec<Part>) -> Name {
    match <[Part; 1]>::try_from(parts) {
        Ok([Part::Literal(text)]) => Name::Plain(text),
        Ok([part]) => Name::Parts(vec![part]),
        Err(parts) if parts.is_empty() => Name::Plain(String::new()),
        Err(parts) => Name::Parts(parts),
    }
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$' || c == '@'
}

fn continues_name(c: char) -> bool {
    starts_name(c) || c.is_ascii_digit()
}

/// Reads a number as JEXL does: `0x` is hexadecimal, a leading zero is octal, `L`, `H`, `D`, `F`, `B` are suffixes.
fn parse_number(text: &str) -> Option<Token> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok().map(Token::Int);
    }
    let whole = text.trim_end_matches(['l', 'L', 'h', 'H']);
    if whole.len() > 1 && whole.starts_with('0') && whole.bytes().all(|b| b.is_ascii_digit()) {
        return i64::from_str_radix(whole, 8).ok().map(Token::Int);
    }
    if let Ok(number) = whole.parse() {
        return Some(Token::Int(number));
    }
    let real = text.trim_end_matches(['d', 'D', 'f', 'F', 'b', 'B']);
    real.starts_with(|c: char| c.is_ascii_digit()).then(|| real.parse().ok().map(Token::Float)).flatten()
}
