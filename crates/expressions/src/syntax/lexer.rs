//! Splits text into tokens, on demand.

use super::{
    ast::{Name, Part, Span},
    number::{Number, number},
    operator::{KEYWORDS, SYMBOLS},
};
use crate::{SyntaxError, scan::Pair};

/// A token of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(Name),
    Number(Number),
    Text(Vec<Part>),
    /// Text in backticks: the part between them.
    Template(Span),
    Block(usize),
    Symbol(&'static str),
    End,
}

/// Reads tokens from the inside of one block; nested blocks are single tokens.
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

    pub(super) fn text(&self) -> &'a str {
        self.text
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
        } else if first == '`' {
            self.template()?
        } else if let Some((number, length)) = number(rest) {
            self.at += length;
            Token::Number(number)
        } else if starts_name(first) {
            Token::Name(self.name())
        } else {
            self.symbol(first)?
        };
        Ok((token, self.span_from(start)))
    }

    /// Reads the part after a dot: a name, perhaps with blocks in it, a position, or quoted text.
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
                match &name {
                    Name::Plain(word) if KEYWORDS.contains(&word.as_str()) && !self.is_method(word) => {
                        let message = format!("`{word}` is a keyword: as a key it is written `[\"{word}\"]`");
                        Err(self.error(start, &message))
                    }
                    Name::Plain(_) | Name::Parts(_) => Ok((name, self.span_from(start))),
                }
            }
            Some(_) | None => Err(self.error(start, "a name is missing after `.`")),
        }
    }

    /// Whether the word is the method `size()` or `empty()`.
    fn is_method(&self, word: &str) -> bool {
        let mut ahead = self.clone();
        ahead.skip_blanks();
        matches!(word, "size" | "empty") && self.text[ahead.at..self.end].starts_with('(')
    }

    /// Moves back to `at`, to read a token again in another mode.
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
                rest.find("*/").map_or(0, |end| end + 2)
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

    fn symbol(&mut self, first: char) -> Result<Token, SyntaxError> {
        let start = self.at;
        let rest = &self.text[start..self.end];
        // Inside `<+…>`, `\>` is `>`.
        if rest.starts_with("-\\>") {
            self.at += 3;
            return Ok(Token::Symbol("->"));
        }
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
                '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                    return Err(self.error(start, "the text has a line break in it, which only text in backticks can"));
                }
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

    fn template(&mut self) -> Result<Token, SyntaxError> {
        let start = self.at;
        self.at += 1;
        loop {
            if let Some((_, end)) = self.block_at(self.at) {
                self.at = end;
                continue;
            }
            let mut chars = self.text[self.at..self.end].chars();
            let Some(next) = chars.next() else { return Err(self.error(start, "the closing backtick is missing")) };
            self.at += next.len_utf8();
            match next {
                '`' => return Ok(Token::Template(Span { start: start + 1, end: self.at - 1 })),
                '\\' => self.at += chars.next().map_or(0, char::len_utf8),
                _ => {}
            }
        }
    }

    /// The pieces of a template's inside; `expression` parses the part in `${…}`.
    pub(super) fn template_parts<E>(
        &self,
        inside: Span,
        mut expression: impl FnMut(Self) -> Result<E, SyntaxError>,
    ) -> Result<Vec<Piece<E>>, SyntaxError> {
        let mut lexer = Self { at: inside.start, end: inside.end, ..self.clone() };
        let (mut pieces, mut literal) = (Vec::new(), String::new());
        while let Some(next) = lexer.text[lexer.at..lexer.end].chars().next() {
            let rest = &lexer.text[lexer.at..lexer.end];
            if let Some((block, end)) = lexer.block_at(lexer.at) {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                pieces.push(Piece::Block(block));
                lexer.at = end;
            } else if rest.starts_with("${") || rest.starts_with("#{") {
                let length = closing_brace(&rest[2..])
                    .ok_or_else(|| lexer.error(lexer.at, &format!("the `}}` of `{}` is missing", &rest[..2])))?;
                let start = lexer.at + 2;
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                pieces.push(Piece::Expression(expression(Self { at: start, end: start + length, ..lexer.clone() })?));
                lexer.at = start + length + 1;
            } else {
                lexer.at += next.len_utf8();
                if next == '\\' { lexer.escape('`', &mut literal) } else { literal.push(next) }
            }
        }
        pieces.push(Piece::Literal(literal));
        Ok(pieces)
    }

    /// JEXL 3.0 knows the quote, the backslash and `\uXXXX`; before other characters the backslash stays.
    fn escape(&mut self, quote: char, literal: &mut String) {
        let rest = &self.text[self.at..self.end];
        let Some(next) = rest.chars().next() else {
            literal.push('\\');
            return;
        };
        if next == 'u'
            && let Some(character) = rest.get(1..5).and_then(unicode)
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

/// The character of four digits, where JEXL 3.0 accepts digits up to `h`.
fn unicode(digits: &str) -> Option<char> {
    let mut code = 0_u32;
    for (at, digit) in digits.bytes().enumerate() {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'h' => digit - b'a' + 10,
            b'A'..=b'H' => digit - b'A' + 10,
            _ => return None,
        };
        code |= u32::from(value) << (12 - 4 * at);
    }
    char::from_u32(code & 0xFFFF)
}

/// A piece of text in backticks.
pub(super) enum Piece<E> {
    Literal(String),
    Block(usize),
    Expression(E),
}

/// The position of the closing brace, skipping quotes and inner braces.
fn closing_brace(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
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
    c.is_ascii_alphabetic() || c == '_' || c == '$' || c == '@'
}

fn continues_name(c: char) -> bool {
    starts_name(c) || c.is_ascii_digit()
}
