//! A text with all its blocks, each parsed once.

use super::{
    ast::{Block, Body, Span, Statement},
    lexer::Lexer,
    parser::Parser,
};
use crate::{
    SyntaxError,
    scan::{Scan, scan},
};

/// The maximum nesting of `<+…>`.
const MAX_NESTING: usize = 64;

/// A text's blocks.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Source {
    /// Every block, by its beginning.
    pub(crate) blocks: Vec<Block>,
    /// The outermost well-formed blocks.
    pub(crate) top: Vec<usize>,
}

/// Parses text to be rendered around its blocks; malformed blocks are reported and stay text.
pub(crate) fn parse_template(text: &str) -> (Source, Vec<SyntaxError>) {
    let scan = scan(text);
    let (mut source, mut errors) = parse_blocks(text, &scan);
    source.top.retain(|&block| source.blocks[block].body != Body::Broken);
    errors.extend(scan.unterminated.map(|at| unterminated(text, at)));
    (source, errors)
}

/// Parses text that is a single expression, like a condition.
pub(crate) fn parse_expression(text: &str) -> Result<(Source, Vec<Statement>), SyntaxError> {
    let scan = scan(text);
    if let Some(at) = scan.unterminated {
        return Err(unterminated(text, at));
    }
    let (source, errors) = parse_blocks(text, &scan);
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => {
            let whole = Span { start: 0, end: text.len() };
            let parsed = Parser::new(Lexer::new(text, whole, &scan.pairs, true)).and_then(|mut parser| parser.script());
            parsed.map(|script| (source, script)).map_err(|error| visible(error, whole))
        }
    }
}

/// Parses a variable's value: one expression if possible, otherwise text with blocks in it.
pub(crate) fn parse_value(text: &str) -> (Source, Option<Vec<Statement>>) {
    let scan = scan(text);
    let (mut source, _) = parse_blocks(text, &scan);
    source.top.retain(|&block| source.blocks[block].body != Body::Broken);
    let all_well_formed = source.top.len() == scan.pairs.iter().filter(|pair| pair.parent.is_none()).count();
    let whole = Span { start: 0, end: text.len() };
    let script = (all_well_formed && scan.unterminated.is_none())
        .then(|| Parser::new(Lexer::new(text, whole, &scan.pairs, false)).and_then(|mut parser| parser.single()).ok())
        .flatten();
    (source, script)
}

fn parse_blocks(text: &str, scan: &Scan) -> (Source, Vec<SyntaxError>) {
    let (mut source, mut errors, mut depths) = (Source::default(), Vec::new(), Vec::new());
    source.blocks.reserve_exact(scan.pairs.len());
    for (index, pair) in scan.pairs.iter().enumerate() {
        let span = Span { start: pair.open, end: pair.close + 1 };
        source.blocks.push(Block { span, body: Body::Empty, children: Vec::new() });
        match pair.parent {
            Some(parent) => source.blocks[parent].children.push(index),
            None => source.top.push(index),
        }
        depths.push(pair.parent.map_or(0, |parent: usize| depths[parent] + 1));
        if depths[index] == MAX_NESTING {
            let message = format!("`<+…>` nested more than {MAX_NESTING} levels deep");
            errors.push(SyntaxError { message, span: span.start..span.end });
            source.blocks[index].body = Body::Broken;
        }
    }
    // Inner blocks begin after the block around them: in reverse order, each is parsed before its container.
    for index in (0..source.blocks.len()).rev() {
        if source.blocks[index].body != Body::Broken {
            match parse_body(text, &source, index, scan) {
                Ok(body) => source.blocks[index].body = body,
                Err(error) => {
                    errors.push(error);
                    source.blocks[index].body = Body::Broken;
                }
            }
        }
        if source.blocks[index].body == Body::Broken
            && let Some(parent) = scan.pairs[index].parent
        {
            source.blocks[parent].body = Body::Broken;
        }
    }
    errors.sort_by_key(|error| error.span.start);
    (source, errors)
}

fn parse_body(text: &str, source: &Source, index: usize, scan: &Scan) -> Result<Body, SyntaxError> {
    let block = &source.blocks[index];
    let inner = block.inner();
    if inner.of(text).trim().is_empty() {
        return Ok(Body::Empty);
    }
    let parsed = Parser::new(Lexer::new(text, inner, &scan.pairs, true)).and_then(|mut parser| parser.script());
    match parsed {
        Ok(statements) => Ok(Body::Script(statements)),
        Err(_) if source.is_plain_text(text, inner, &block.children) => Ok(Body::Text),
        Err(error) => Err(visible(error, block.span)),
    }
}

impl Source {
    /// Whether blocks are adjacent, without an operator between them.
    pub(crate) fn is_plain_text(&self, text: &str, span: Span, children: &[usize]) -> bool {
        !children.is_empty()
            && self.literals(text, span, children).all(|literal| !literal.contains(|c| "=&|?!()\"'+*{};,".contains(c)))
    }

    /// The text between `children` in `span`: one piece more than there are children.
    pub(crate) fn literals<'a>(
        &'a self,
        text: &'a str,
        span: Span,
        children: &'a [usize],
    ) -> impl Iterator<Item = &'a str> {
        let starts = std::iter::once(span.start).chain(children.iter().map(|&child| self.blocks[child].span.end));
        let ends = children.iter().map(|&child| self.blocks[child].span.start).chain(std::iter::once(span.end));
        starts.zip(ends).map(|(start, end)| &text[start..end])
    }
}

/// An error without a width is shown on the whole expression.
fn visible(error: SyntaxError, whole: Span) -> SyntaxError {
    let span = if error.span.is_empty() { whole.start..whole.end } else { error.span };
    SyntaxError { span, ..error }
}

fn unterminated(text: &str, at: usize) -> SyntaxError {
    SyntaxError { message: "`<+` without its `>`".to_owned(), span: at..text.len() }
}
