//! Operands: literals, functions, names, and the paths that start at them.

use std::sync::Arc;

use super::{
    ast::{Access, Function, Head, Name, Node, NodeKind, Part, Span, TemplatePart},
    lexer::{Lexer, Piece, Token},
    number::Number,
    operator::KEYWORDS,
    parser::Parser,
};
use crate::{SyntaxError, Value};

type Result<T> = std::result::Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    /// Parses an operand with its path.
    pub(super) fn operand(&mut self) -> Result<Node> {
        let start = self.span;
        // These can be called: an operand in parentheses, and the result of a method.
        let mut callable = self.at("(") && !self.at_arrow();
        let head = self.head()?;
        let mut accesses = Vec::new();
        loop {
            if self.at(".") {
                let access = self.member()?;
                callable = matches!(access, Access::Call { .. });
                accesses.push(access);
            } else if self.at("[") {
                let open = self.span;
                self.advance()?;
                let index = self.expression()?;
                self.expect("]")?;
                callable = false;
                accesses.push(Access::Index(index, open.to(self.last)));
            } else if callable && self.at("(") {
                let open = self.span;
                self.advance()?;
                let arguments = self.list(")")?;
                accesses.push(Access::Invoke(arguments, open.to(self.last)));
            } else {
                break;
            }
        }
        match head {
            Head::Value(node) if accesses.is_empty() => Ok(node),
            head => {
                accesses.shrink_to_fit();
                Ok(Node { kind: NodeKind::Path(Box::new(head), accesses), span: start.to(self.last) })
            }
        }
    }

    fn head(&mut self) -> Result<Head> {
        let span = self.span;
        let value = |kind, span| Ok(Head::Value(Node { kind, span }));
        if let Some(function) = self.function()? {
            return value(NodeKind::Function(function), span.to(self.last));
        }
        match &self.token {
            Token::Name(Name::Plain(word)) if KEYWORDS.contains(&word.as_str()) => {
                let literal = match word.as_str() {
                    "true" => NodeKind::Literal(Value::Bool(true)),
                    "false" => NodeKind::Literal(Value::Bool(false)),
                    "null" => NodeKind::Literal(Value::Null),
                    "NaN" => NodeKind::Literal(Value::Float(f64::NAN)),
                    "new" => return self.constructor(),
                    _ => return Err(self.unexpected("a value")),
                };
                self.advance()?;
                value(literal, span)
            }
            Token::Symbol("(") => {
                self.advance()?;
                let inner = self.expression()?;
                self.expect(")")?;
                value(inner.kind, span.to(self.last))
            }
            Token::Symbol("[") => {
                self.advance()?;
                let kind = self.array()?;
                value(kind, span.to(self.last))
            }
            Token::Symbol("{") => {
                self.advance()?;
                let kind = self.deeper(Self::map_or_set)?;
                value(kind, span.to(self.last))
            }
            Token::Symbol(_) | Token::End => Err(self.unexpected("a value")),
            Token::Template(inside) => {
                let inside = *inside;
                let kind = self.template(inside)?;
                self.advance()?;
                value(kind, span)
            }
            Token::Name(_) | Token::Number(_) | Token::Text(_) | Token::Block(_) => match self.advance()? {
                Token::Number(number) => value(literal(number), span),
                Token::Block(block) => value(NodeKind::Block(block), span),
                Token::Text(parts) => value(text(parts), span),
                Token::Name(Name::Plain(name)) if self.at("(") => {
                    self.names.push(name.clone());
                    self.advance()?;
                    Ok(Head::Call(name, self.list(")")?))
                }
                Token::Name(name) => {
                    self.refuse_namespace(span)?;
                    if let Name::Plain(name) = &name {
                        self.names.push(name.clone());
                    }
                    Ok(Head::Name(name))
                }
                Token::Template(_) | Token::Symbol(_) | Token::End => Err(self.unexpected("a value")),
            },
        }
    }

    /// `a:b(` calls a function of a namespace in JEXL, even where `:` was meant for the `?` before it.
    fn refuse_namespace(&self, name: Span) -> Result<()> {
        let mut ahead = self.lexer.clone();
        let called = self.at(":")
            && matches!(ahead.next(), Ok((Token::Name(Name::Plain(word)), _)) if !KEYWORDS.contains(&word.as_str()))
            && matches!(ahead.next(), Ok((Token::Symbol("("), _)));
        if called {
            let message =
                "JEXL reads `a:b(…)` as a function of a namespace: put parentheses around what is before the `:`";
            return Err(SyntaxError { message: message.to_owned(), span: name.start..name.end });
        }
        Ok(())
    }

    fn constructor(&mut self) -> Result<Head> {
        let span = self.span;
        self.advance()?;
        self.expect("(")?;
        self.list(")")?;
        let message = "`new` creates a Java object, which only the service supports".to_owned();
        Ok(Head::Value(Node { kind: NodeKind::Refused(message), span: span.to(self.last) }))
    }

    /// Parses `function(a) {…}`, `(a, b) -> {…}` or `a -> {…}`, if there is one.
    fn function(&mut self) -> Result<Option<Arc<Function>>> {
        let written = self.at_word("function");
        if !written && !self.at_arrow() {
            return Ok(None);
        }
        if written {
            self.advance()?;
        }
        let parameters = if self.at("(") {
            self.in_parentheses(|parser| {
                let mut parameters = Vec::new();
                while !parser.at(")") {
                    parameters.push(parser.variable()?);
                    if !parser.at(")") {
                        parser.expect(",")?;
                    }
                }
                Ok(parameters)
            })?
        } else {
            vec![self.variable()?]
        };
        if !written {
            self.expect("->")?;
        }
        let before = self.names.len();
        let body = self.deeper(Self::block)?;
        let mut names = self.names[before..].to_vec();
        names.sort_unstable();
        names.dedup();
        Ok(Some(Arc::new(Function { parameters, names, body })))
    }

    /// Whether the next tokens are parameters with `->` after them.
    fn at_arrow(&self) -> bool {
        let mut ahead = self.lexer.clone();
        let mut next = || ahead.next().map_or(Token::End, |(token, _)| token);
        match &self.token {
            Token::Name(Name::Plain(_)) => next() == Token::Symbol("->"),
            Token::Symbol("(") => loop {
                match next() {
                    Token::Name(Name::Plain(_)) | Token::Symbol(",") => {}
                    Token::Symbol(")") => return next() == Token::Symbol("->"),
                    _ => return false,
                }
            },
            _ => false,
        }
    }

    fn template(&mut self, inside: Span) -> Result<NodeKind> {
        let deferred = inside.of(self.lexer.text()).contains("#{");
        if deferred {
            return Ok(NodeKind::Refused(
                "`#{…}` in a template is evaluated twice, which only the service supports".to_owned(),
            ));
        }
        let lexer = self.lexer.clone();
        let pieces = lexer.template_parts(inside, |lexer: Lexer<'a>| {
            let mut inner = Parser::new(lexer)?;
            let node = self.deeper(|_| inner.expression())?;
            self.names.append(&mut inner.names);
            match inner.token {
                Token::End => Ok(node),
                _ => Err(inner.unexpected("`}`")),
            }
        })?;
        let parts = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Literal(text) => (!text.is_empty()).then_some(TemplatePart::Literal(text)),
            Piece::Block(block) => Some(TemplatePart::Block(block)),
            Piece::Expression(node) => Some(TemplatePart::Expression(node)),
        });
        Ok(NodeKind::Template(parts.collect()))
    }

    fn member(&mut self) -> Result<Access> {
        // After a dot everything is read as a name, even a number or a keyword.
        let dot = self.span;
        self.lexer.rewind(dot.end);
        let (name, span) = self.lexer.member()?;
        self.advance()?;
        self.last = span;
        if self.at("(")
            && let Name::Plain(name) = &name
        {
            let name = name.clone();
            self.advance()?;
            let arguments = self.list(")")?;
            return Ok(Access::Call { name, arguments, span: dot.to(self.last) });
        }
        match name {
            Name::Plain(text) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => match text.parse() {
                Ok(position) => Ok(Access::Position(position, span)),
                Err(_) => {
                    Err(SyntaxError { message: "the position is too large".to_owned(), span: span.start..span.end })
                }
            },
            name => Ok(Access::Key(name, span)),
        }
    }
}

fn literal(number: Number) -> NodeKind {
    match number {
        Number::Int(number) => NodeKind::Literal(Value::Int(number)),
        Number::Float(number) => NodeKind::Literal(Value::Float(number)),
        Number::Large { .. } => NodeKind::Refused("the number does not fit 64 bits".to_owned()),
        Number::Decimal => NodeKind::Refused("only the service supports exact decimals (`1.5b`)".to_owned()),
    }
}

fn text(parts: Vec<Part>) -> NodeKind {
    match <[Part; 1]>::try_from(parts) {
        Ok([Part::Literal(text)]) => NodeKind::Literal(Value::String(text)),
        Ok([part]) => NodeKind::Text(vec![part]),
        Err(parts) if parts.is_empty() => NodeKind::Literal(Value::String(String::new())),
        Err(parts) => NodeKind::Text(parts),
    }
}

impl Node {
    /// The variable that an assignment to this node changes, and the path from there.
    pub(super) fn into_target(self) -> std::result::Result<(String, Vec<Access>, Span), Span> {
        match self.kind {
            NodeKind::Path(head, accesses)
                if !accesses.iter().any(|access| matches!(access, Access::Call { .. } | Access::Invoke(..))) =>
            {
                match *head {
                    Head::Name(Name::Plain(name)) => Ok((name, accesses, self.span)),
                    Head::Name(Name::Parts(_)) | Head::Call(..) | Head::Value(_) => Err(self.span),
                }
            }
            _ => Err(self.span),
        }
    }
}
