//! Operands: literals, lists, maps, names, and the paths that begin at them.

use super::{
    ast::{Access, Head, Name, Node, NodeKind, Part, Span},
    lexer::Token,
    operator::RESERVED,
    parser::Parser,
};
use crate::{SyntaxError, Value};

type Result<T> = std::result::Result<T, SyntaxError>;

impl Parser<'_> {
    /// Parses an operand with the path behind it.
    pub(super) fn operand(&mut self) -> Result<Node> {
        let start = self.span;
        let head = self.head()?;
        let mut accesses = Vec::new();
        loop {
            if self.at(".") {
                accesses.push(self.member()?);
            } else if self.at("[") {
                let open = self.span;
                self.advance()?;
                let index = self.expression()?;
                self.expect("]")?;
                accesses.push(Access::Index(index, open.to(self.last)));
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
        let value = |kind| Ok(Head::Value(Node { kind, span }));
        match &self.token {
            Token::Name(Name::Plain(word)) if RESERVED.contains(&word.as_str()) => {
                let literal = match word.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    "null" => Value::Null,
                    _ => return Err(self.unexpected("a value")),
                };
                self.advance()?;
                value(NodeKind::Literal(literal))
            }
            Token::Symbol("(") => {
                self.advance()?;
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(Head::Value(Node { span: span.to(self.last), kind: inner.kind }))
            }
            Token::Symbol("[") => {
                self.advance()?;
                let items = self.list("]")?;
                Ok(Head::Value(Node { kind: NodeKind::List(items), span: span.to(self.last) }))
            }
            Token::Symbol("{") => {
                self.advance()?;
                let entries = self.map_entries()?;
                Ok(Head::Value(Node { kind: NodeKind::Map(entries), span: span.to(self.last) }))
            }
            Token::Symbol(_) | Token::End => Err(self.unexpected("a value")),
            Token::Name(_) | Token::Int(_) | Token::Float(_) | Token::Text(_) | Token::Block(_) => {
                match self.advance()? {
                    Token::Int(number) => value(NodeKind::Literal(Value::Int(number))),
                    Token::Float(number) => value(NodeKind::Literal(Value::Float(number))),
                    Token::Block(block) => value(NodeKind::Block(block)),
                    Token::Text(parts) => value(text(parts)),
                    Token::Name(Name::Plain(name)) if self.at("(") => {
                        self.advance()?;
                        Ok(Head::Call(name, self.list(")")?))
                    }
                    Token::Name(name) => Ok(Head::Name(name)),
                    Token::Symbol(_) | Token::End => Err(self.unexpected("a value")),
                }
            }
        }
    }

    fn member(&mut self) -> Result<Access> {
        // What follows a dot is read as a name, even where it would be a number or a word of the language.
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

    /// Parses expressions up to `close`; a last `...` (JEXL's mark of a list that can grow) is passed over.
    fn list(&mut self, close: &str) -> Result<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            if self.take("...")? {
                self.expect(close)?;
                return Ok(items);
            }
            if self.take(close)? {
                return Ok(items);
            }
            items.push(self.expression()?);
            if !self.take(",")? {
                self.expect(close)?;
                return Ok(items);
            }
        }
    }

    fn map_entries(&mut self) -> Result<Vec<(Node, Node)>> {
        let mut entries = Vec::new();
        if self.take(":")? {
            self.expect("}")?;
            return Ok(entries);
        }
        loop {
            if self.take("}")? {
                return Ok(entries);
            }
            let key = self.map_key()?;
            self.expect(":")?;
            entries.push((key, self.expression()?));
            if !self.take(",")? {
                self.expect("}")?;
                return Ok(entries);
            }
        }
    }

    /// A bare name is the key itself; any other operand is evaluated.
    fn map_key(&mut self) -> Result<Node> {
        let span = self.span;
        match self.word() {
            Some(word) => {
                let key = Value::from(word);
                self.advance()?;
                Ok(Node { kind: NodeKind::Literal(key), span })
            }
            None => self.unary(),
        }
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
    /// The variable that an assignment to this node would change, and the way from there.
    pub(super) fn into_target(self) -> std::result::Result<(String, Vec<Access>, Span), Span> {
        match self.kind {
            NodeKind::Path(head, accesses) if !accesses.iter().any(|access| matches!(access, Access::Call { .. })) => {
                match *head {
                    Head::Name(Name::Plain(name)) => Ok((name, accesses, self.span)),
                    Head::Name(Name::Parts(_)) | Head::Call(..) | Head::Value(_) => Err(self.span),
                }
            }
            _ => Err(self.span),
        }
    }
}
