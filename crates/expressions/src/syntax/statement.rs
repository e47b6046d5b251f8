//! Statements: JEXL scripts inside `<+…>`.

use super::{
    ast::{Name, Span, Statement, Variable},
    lexer::Token,
    operator::KEYWORDS,
    parser::Parser,
};
use crate::SyntaxError;

type Result<T> = std::result::Result<T, SyntaxError>;

impl Parser<'_> {
    /// Parses all statements up to the end.
    pub(super) fn script(&mut self) -> Result<Vec<Statement>> {
        let statements = self.statements()?;
        match self.token {
            Token::End => Ok(statements),
            _ => Err(self.should_end()),
        }
    }

    /// Parses one expression up to the end: the form of a variable's value.
    pub(super) fn single(&mut self) -> Result<Vec<Statement>> {
        let node = self.expression()?;
        match self.token {
            Token::End => Ok(vec![Statement::Expression(node)]),
            _ => Err(self.unexpected("an operator")),
        }
    }

    fn should_end(&self) -> SyntaxError {
        SyntaxError { message: "the expression should end here".to_owned(), span: self.span.start..self.span.end }
    }

    /// Parses statements up to the end or a `}`.
    pub(super) fn statements(&mut self) -> Result<Vec<Statement>> {
        // Nearly every expression is a single statement, and statements are large.
        let mut statements = Vec::with_capacity(1);
        loop {
            while self.take(";")? {}
            if self.token == Token::End || self.at("}") {
                return Ok(statements);
            }
            let statement = self.deeper(Self::statement)?;
            // Two adjacent expressions are an error; any other statement ends by itself.
            let open = matches!(statement, Statement::Expression(_));
            statements.push(statement);
            if open && !self.at(";") && !self.at_statement() {
                return Ok(statements);
            }
        }
    }

    /// Whether the next token is a keyword that starts a statement.
    fn at_statement(&self) -> bool {
        matches!(self.word(), Some("var" | "if" | "for" | "while" | "return" | "break" | "continue"))
    }

    fn statement(&mut self) -> Result<Statement> {
        match self.word() {
            Some("var") => self.var(),
            Some("if") => self.if_statement(),
            Some("for") => self.for_statement(),
            Some("while") => {
                self.advance()?;
                let condition = self.in_parentheses(Self::expression)?;
                Ok(Statement::While { condition, body: Box::new(self.looped()?) })
            }
            Some("return") => {
                self.advance()?;
                Ok(Statement::Return(self.expression()?))
            }
            Some(word @ ("break" | "continue")) => {
                let statement = if word == "break" { Statement::Break } else { Statement::Continue };
                if self.loops == 0 {
                    let message = format!("`{word}` belongs in a loop");
                    return Err(SyntaxError { message, span: self.span.start..self.span.end });
                }
                self.advance().map(|_| statement)
            }
            _ if self.at("{") && self.at_block()? => self.block().map(Statement::Block),
            _ => self.expression().map(Statement::Expression),
        }
    }

    fn var(&mut self) -> Result<Statement> {
        self.advance()?;
        let name = self.variable()?;
        let value = if self.take("=")? { Some(self.expression()?) } else { None };
        Ok(Statement::Var { name, value })
    }

    fn if_statement(&mut self) -> Result<Statement> {
        self.advance()?;
        let condition = self.in_parentheses(Self::expression)?;
        let (then, after_expression) = self.body()?;
        let semicolon_then_else = self.at(";")
            && matches!(self.lexer.clone().next(), Ok((Token::Name(Name::Plain(word)), _)) if word == "else");
        // A `;` ends the expression before `else`; after a `}` it ends the `if`.
        if after_expression && semicolon_then_else {
            self.advance()?;
        }
        let otherwise = if self.at_word("else") {
            self.advance()?;
            Some(Box::new(self.body()?.0))
        } else {
            None
        };
        Ok(Statement::If { condition, then: Box::new(then), otherwise })
    }

    fn for_statement(&mut self) -> Result<Statement> {
        self.advance()?;
        let (variable, items) = self.in_parentheses(|parser| {
            let local = parser.at_word("var");
            if local {
                parser.advance()?;
            }
            let name = parser.variable()?;
            parser.expect(":")?;
            Ok((Variable { name, local }, parser.expression()?))
        })?;
        Ok(Statement::For { variable, items, body: Box::new(self.looped()?) })
    }

    fn looped(&mut self) -> Result<Statement> {
        self.loops += 1;
        let body = self.body().map(|(body, _)| body);
        self.loops -= 1;
        body
    }

    /// Parses the body of a condition or a loop, and whether it is an expression.
    fn body(&mut self) -> Result<(Statement, bool)> {
        if self.at("{") {
            return Ok((Statement::Block(self.deeper(Self::block)?), false));
        }
        if self.at(";") {
            return Ok((Statement::Block(Vec::new()), true));
        }
        let statement = self.deeper(Self::statement)?;
        let expression = matches!(statement, Statement::Expression(_));
        Ok((statement, expression))
    }

    pub(super) fn block(&mut self) -> Result<Vec<Statement>> {
        self.expect("{")?;
        let statements = self.statements()?;
        self.expect("}")?;
        Ok(statements)
    }

    pub(super) fn in_parentheses<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.expect("(")?;
        let parsed = parse(self)?;
        self.expect(")")?;
        Ok(parsed)
    }

    pub(super) fn variable(&mut self) -> Result<String> {
        match self.word() {
            Some(word) if !KEYWORDS.contains(&word) => {
                let name = word.to_owned();
                self.advance()?;
                Ok(name)
            }
            _ => Err(self.unexpected("a variable's name")),
        }
    }

    /// Whether the next `{` begins a block of statements, with a `;` in it, and not a map or a set.
    fn at_block(&self) -> Result<bool> {
        let mut ahead = self.lexer.clone();
        let mut depth = 0_usize;
        loop {
            let (token, _): (Token, Span) = ahead.next()?;
            match token {
                Token::Symbol("{" | "(" | "[") => depth += 1,
                Token::Symbol("}" | ")" | "]") if depth > 0 => depth -= 1,
                Token::Symbol(";") if depth == 0 => return Ok(true),
                Token::Symbol("}" | ")" | "]") | Token::End => return Ok(false),
                _ => {}
            }
        }
    }
}
