//! Parses tokens to operators and operands, by precedence.

use super::{
    ast::{Assignment, BinaryOp, Chain, Name, Node, NodeKind, Span, UnaryOp},
    lexer::{Lexer, Token},
    number::Number,
    operator::{SINGLE, assignment, binary_symbol, binary_word},
};
use crate::{SyntaxError, Value};

/// The maximum nesting of parentheses, lists, conditions and blocks of statements.
const MAX_DEPTH: usize = 64;

/// Builds the tree for the inside of one block.
pub(super) struct Parser<'a> {
    pub(super) lexer: Lexer<'a>,
    pub(super) token: Token,
    pub(super) span: Span,
    /// The end of the last token.
    pub(super) last: Span,
    /// The number of loops around the current statement.
    pub(super) loops: usize,
    /// The names of variables and functions seen so far.
    pub(super) names: Vec<String>,
    depth: usize,
}

type Result<T> = std::result::Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    pub(super) fn new(mut lexer: Lexer<'a>) -> Result<Self> {
        let (token, span) = lexer.next()?;
        Ok(Self { lexer, token, span, last: span, loops: 0, names: Vec::new(), depth: 0 })
    }

    /// Takes the current token.
    pub(super) fn advance(&mut self) -> Result<Token> {
        let (token, span) = self.lexer.next()?;
        self.last = std::mem::replace(&mut self.span, span);
        Ok(std::mem::replace(&mut self.token, token))
    }

    pub(super) fn at(&self, symbol: &str) -> bool {
        matches!(self.token, Token::Symbol(found) if found == symbol)
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(super) fn word(&self) -> Option<&str> {
        match &self.token {
            Token::Name(Name::Plain(word)) => Some(word),
            _ => None,
        }
    }

    /// Takes `symbol` if it is next.
    pub(super) fn take(&mut self, symbol: &str) -> Result<bool> {
        let found = self.at(symbol);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.take(symbol)? { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    pub(super) fn unexpected(&self, wanted: &str) -> SyntaxError {
        let message = match self.token {
            Token::End => format!("{wanted} is missing at the end"),
            _ => format!("{wanted} is missing here"),
        };
        SyntaxError { message, span: self.span.start..self.span.end }
    }

    /// Runs `parse` one level deeper.
    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(SyntaxError { message, span: self.span.start..self.span.end });
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Parses a whole expression: assignments, conditions with `?` and `:`, and everything that binds tighter.
    pub(super) fn expression(&mut self) -> Result<Node> {
        self.deeper(|parser| {
            let node = parser.conditional()?;
            match parser.token {
                Token::Symbol(symbol) => match assignment(symbol) {
                    Some(operator) => parser.assignment(node, operator),
                    None => Ok(node),
                },
                _ => Ok(node),
            }
        })
    }

    fn assignment(&mut self, node: Node, operator: Option<BinaryOp>) -> Result<Node> {
        let start = node.span;
        let refused = |span: Span| SyntaxError {
            message: "only a variable can be assigned to".to_owned(),
            span: span.start..span.end,
        };
        if start.of(self.lexer.text()).starts_with('(') {
            return Err(refused(start));
        }
        let (name, accesses, target) = node.into_target().map_err(refused)?;
        self.advance()?;
        let value = self.expression()?;
        let span = start.to(value.span);
        Ok(Node { kind: NodeKind::Assign(Box::new(Assignment { name, accesses, target, operator, value })), span })
    }

    fn conditional(&mut self) -> Result<Node> {
        let condition = self.binary(1)?;
        if self.take("?:")? {
            let otherwise = self.expression()?;
            let span = condition.span.to(otherwise.span);
            return Ok(Node { kind: NodeKind::Elvis(Box::new([condition, otherwise])), span });
        }
        if !self.take("?")? {
            return Ok(condition);
        }
        let then = self.expression()?;
        self.expect(":")?;
        let otherwise = self.expression()?;
        let span = condition.span.to(otherwise.span);
        Ok(Node { kind: NodeKind::Ternary(Box::new([condition, then, otherwise])), span })
    }

    fn binary(&mut self, least: u8) -> Result<Node> {
        let mut left = self.unary()?;
        // Operators of one precedence make one flat chain, so a long sum is not a deep tree.
        let mut precedence_of_left = None;
        while let Some((precedence, operator)) = self.binary_operator().filter(|(found, _)| *found >= least) {
            self.advance()?;
            let right = self.deeper(|parser| parser.binary(precedence + 1))?;
            let span = left.span.to(right.span);
            if SINGLE.contains(&precedence) && self.binary_operator().is_some_and(|(next, _)| next == precedence) {
                let message = "comparisons do not chain: put parentheses around one of them".to_owned();
                return Err(SyntaxError { message, span: self.span.start..self.span.end });
            }
            left = match left.kind {
                NodeKind::Chain(mut chain) if precedence_of_left == Some(precedence) => {
                    chain.rest.push((operator, right));
                    Node { kind: NodeKind::Chain(chain), span }
                }
                kind => {
                    let first = Node { kind, span: left.span };
                    Node { kind: NodeKind::Chain(Box::new(Chain { first, rest: vec![(operator, right)] })), span }
                }
            };
            precedence_of_left = Some(precedence);
        }
        Ok(left)
    }

    fn binary_operator(&self) -> Option<(u8, BinaryOp)> {
        match &self.token {
            Token::Symbol(symbol) => binary_symbol(symbol),
            Token::Name(Name::Plain(word)) => binary_word(word),
            _ => None,
        }
    }

    pub(super) fn unary(&mut self) -> Result<Node> {
        let start = self.span;
        let Some(operator) = self.unary_operator() else { return self.operand() };
        self.advance()?;
        if operator == UnaryOp::Negate
            && let Token::Number(Number::Large { digits, base }) = &self.token
            && let Ok(number) = i64::from_str_radix(&format!("-{digits}"), *base)
        {
            self.advance()?;
            return Ok(Node { kind: NodeKind::Literal(Value::Int(number)), span: start.to(self.last) });
        }
        let operand = self.deeper(Self::unary)?;
        let span = start.to(operand.span);
        Ok(Node { kind: NodeKind::Unary(operator, Box::new(operand)), span })
    }

    fn unary_operator(&self) -> Option<UnaryOp> {
        match &self.token {
            Token::Symbol("!") => Some(UnaryOp::Not),
            Token::Symbol("-") => Some(UnaryOp::Negate),
            Token::Symbol("~") => Some(UnaryOp::Complement),
            Token::Name(Name::Plain(word)) => match word.as_str() {
                "not" => Some(UnaryOp::Not),
                "empty" => Some(UnaryOp::Empty),
                "size" => Some(UnaryOp::Size),
                _ => None,
            },
            _ => None,
        }
    }
}
