//! Statements: JEXL scripts inside `<+…>`.

use super::{
    ast::{Function, Name, Statement, Target},
    lexer::Token,
    operator::{RESERVED, assignment},
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
            _ => Err(SyntaxError {
                message: "the expression should end here".to_owned(),
                span: self.span.start..self.span.end,
            }),
        }
    }

    /// Parses one expression up to the end: what a variable's value may be.
    pub(super) fn single(&mut self) -> Result<Vec<Statement>> {
        let node = self.expression()?;
        match self.token {
            Token::End => Ok(vec![Statement::Expression(node)]),
            _ => Err(self.unexpected("an operator")),
        }
    }

    /// Parses statements up to the end or a `}`.
    fn statements(&mut self) -> Result<Vec<Statement>> {
        // Nearly every expression is a single statement, and statements are large.
        let mut statements = Vec::with_capacity(1);
        loop {
            while self.take(";")? {}
            if self.token == Token::End || self.at("}") {
                return Ok(statements);
            }
            let statement = self.deeper(Self::statement)?;
            let closed = matches!(
                statement,
                Statement::Block(_)
                    | Statement::If { .. }
                    | Statement::For { .. }
                    | Statement::While { .. }
                    | Statement::Function(_)
            );
            statements.push(statement);
            if !closed && !self.at(";") {
                return Ok(statements);
            }
        }
    }

    fn statement(&mut self) -> Result<Statement> {
        match self.word() {
            Some("var") => self.var(),
            Some("if") => self.if_statement(),
            Some("for") => self.for_statement(),
            Some("while") => {
                self.advance()?;
                let condition = self.in_parentheses(Self::expression)?;
                Ok(Statement::While { condition, body: Box::new(self.body()?) })
            }
            Some("return") => {
                self.advance()?;
                let none = self.token == Token::End || self.at(";") || self.at("}");
                Ok(Statement::Return(if none { None } else { Some(self.expression()?) }))
            }
            Some("break") => self.advance().map(|_| Statement::Break),
            Some("continue") => self.advance().map(|_| Statement::Continue),
            _ if self.at("{") && !self.at_map()? => self.block().map(Statement::Block),
            _ => self.expression_or_assignment(),
        }
    }

    fn expression_or_assignment(&mut self) -> Result<Statement> {
        let node = self.expression()?;
        let Token::Symbol(symbol) = self.token else { return Ok(Statement::Expression(node)) };
        let Some(operator) = assignment(symbol) else { return Ok(Statement::Expression(node)) };
        let (name, accesses, span) = node.into_target().map_err(|span| SyntaxError {
            message: "only a variable can be assigned to".to_owned(),
            span: span.start..span.end,
        })?;
        self.advance()?;
        if operator.is_none() && accesses.is_empty() && self.at_word("function") {
            return self.function(name);
        }
        let value = self.expression()?;
        Ok(Statement::Assign { target: Target { name, accesses, span }, operator, value })
    }

    fn var(&mut self) -> Result<Statement> {
        self.advance()?;
        let name = self.variable()?;
        if !self.take("=")? {
            return Ok(Statement::Var { name, value: None });
        }
        if self.at_word("function") {
            return self.function(name);
        }
        Ok(Statement::Var { name, value: Some(self.expression()?) })
    }

    fn function(&mut self, name: String) -> Result<Statement> {
        self.advance()?;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.take(")")? {
            parameters.push(self.variable()?);
            if !self.at(")") {
                self.expect(",")?;
            }
        }
        Ok(Statement::Function(Function { name, parameters, body: self.block()? }))
    }

    fn if_statement(&mut self) -> Result<Statement> {
        self.advance()?;
        let condition = self.in_parentheses(Self::expression)?;
        let then = Box::new(self.body()?);
        let before_else = self.token == Token::Symbol(";");
        if before_else
            && !matches!(self.lexer.clone().next(), Ok((Token::Name(Name::Plain(word)), _)) if word == "else")
        {
            return Ok(Statement::If { condition, then, otherwise: None });
        }
        self.take(";")?;
        if !self.at_word("else") {
            return Ok(Statement::If { condition, then, otherwise: None });
        }
        self.advance()?;
        Ok(Statement::If { condition, then, otherwise: Some(Box::new(self.body()?)) })
    }

    fn for_statement(&mut self) -> Result<Statement> {
        self.advance()?;
        let (name, items) = self.in_parentheses(|parser| {
            if parser.at_word("var") {
                parser.advance()?;
            }
            let name = parser.variable()?;
            parser.expect(":")?;
            Ok((name, parser.expression()?))
        })?;
        Ok(Statement::For { name, items, body: Box::new(self.body()?) })
    }

    fn body(&mut self) -> Result<Statement> {
        self.deeper(Self::statement)
    }

    fn block(&mut self) -> Result<Vec<Statement>> {
        self.expect("{")?;
        let statements = self.statements()?;
        self.expect("}")?;
        Ok(statements)
    }

    fn in_parentheses<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.expect("(")?;
        let parsed = parse(self)?;
        self.expect(")")?;
        Ok(parsed)
    }

    fn variable(&mut self) -> Result<String> {
        match self.word() {
            Some(word) if !RESERVED.contains(&word) => {
                let name = word.to_owned();
                self.advance()?;
                Ok(name)
            }
            _ => Err(self.unexpected("a variable's name")),
        }
    }

    /// Whether the `{` at hand begins a map and not a block of statements.
    fn at_map(&self) -> Result<bool> {
        let mut ahead = self.lexer.clone();
        Ok(match ahead.next()?.0 {
            Token::Symbol(":") => true,
            Token::Name(Name::Plain(_)) | Token::Text(_) | Token::Int(_) | Token::Block(_) => {
                ahead.next()?.0 == Token::Symbol(":")
            }
            _ => false,
        })
    }
}
