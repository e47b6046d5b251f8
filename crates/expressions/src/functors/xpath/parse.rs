//! Tokens to the tree of an XPath.

use super::{
    axis::{AXES, Axis},
    function::{FUNCTIONS, Function},
    lexer::{Token, tokens},
    tree::{Expression, Operator, Path, Start, Step, Test},
};
use crate::fault::Fault;

/// The maximum nesting of parentheses and predicates.
const MAX_DEPTH: usize = 48;

/// Operators with their precedence; higher binds tighter.
const OPERATORS: [(&str, u8, Operator); 14] = [
    ("or", 1, Operator::Or),
    ("and", 2, Operator::And),
    ("=", 3, Operator::Equal),
    ("!=", 3, Operator::NotEqual),
    ("<", 4, Operator::Less),
    ("<=", 4, Operator::LessOrEqual),
    (">", 4, Operator::Greater),
    (">=", 4, Operator::GreaterOrEqual),
    ("+", 5, Operator::Add),
    ("-", 5, Operator::Subtract),
    ("*", 6, Operator::Multiply),
    ("div", 6, Operator::Divide),
    ("mod", 6, Operator::Remainder),
    ("|", 8, Operator::Union),
];

/// The precedence of `-x`, between `*` and `|`.
const NEGATION: u8 = 7;

type Parsed<T = Expression> = Result<T, Fault>;

/// Parses a complete path.
pub(super) fn parse(path: &str) -> Parsed {
    let mut parser = Parser { tokens: tokens(path)?, at: 0, depth: 0 };
    let expression = parser.binary(1)?;
    match parser.token() {
        Token::End => Ok(expression),
        _ => Err(Fault::value("something follows its end")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn token(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn after(&self) -> &Token {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)]
    }

    fn at(&self, symbol: &str) -> bool {
        matches!(self.token(), Token::Symbol(found) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.at(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.take(symbol) { Ok(()) } else { Err(Fault::value(format!("`{symbol}` is missing"))) }
    }

    fn binary(&mut self, least: u8) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::refused(format!("it nests more than {MAX_DEPTH} levels deep")));
        }
        let mut left = self.unary()?;
        while let Some((precedence, operator)) = self.operator().filter(|(found, _)| *found >= least) {
            self.at += 1;
            let right = self.binary(precedence + 1)?;
            left = Expression::Binary(operator, Box::new([left, right]));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<(u8, Operator)> {
        let written = match self.token() {
            Token::Symbol(symbol) => symbol,
            Token::Name(word) => word.as_str(),
            _ => return None,
        };
        OPERATORS.iter().find(|(known, ..)| *known == written).map(|(_, precedence, operator)| (*precedence, *operator))
    }

    fn unary(&mut self) -> Parsed {
        if !self.take("-") {
            return self.path();
        }
        if self.at("-") {
            return Err(Fault::value("`-` is missing its number"));
        }
        self.binary(NEGATION).map(|operand| Expression::Negate(Box::new(operand)))
    }

    fn path(&mut self) -> Parsed {
        let (start, mut steps) = if self.take("/") {
            let more = self.at_step();
            (Start::Root, if more { vec![self.step()?] } else { Vec::new() })
        } else if self.at("//") {
            (Start::Root, Vec::new())
        } else if let Some(primary) = self.primary()? {
            let predicates = self.predicates()?;
            if predicates.is_empty() && !self.at("/") && !self.at("//") {
                return Ok(primary);
            }
            (Start::Of(Box::new(primary), predicates), Vec::new())
        } else {
            (Start::Here, vec![self.step()?])
        };
        loop {
            if self.take("//") {
                steps.push(Step { axis: Axis::DescendantOrSelf, test: Test::Node, predicates: Vec::new() });
            } else if steps.is_empty() && matches!(start, Start::Root) || !self.take("/") {
                return Ok(Expression::Path(Path { start, steps }));
            }
            steps.push(self.step()?);
        }
    }

    fn at_step(&self) -> bool {
        matches!(self.token(), Token::Name(_) | Token::Symbol("." | ".." | "@"))
    }

    fn step(&mut self) -> Parsed<Step> {
        let short = |axis| Step { axis, test: Test::Node, predicates: Vec::new() };
        if self.take(".") {
            return Ok(short(Axis::This));
        }
        if self.take("..") {
            return Ok(short(Axis::Parent));
        }
        let axis = if self.take("@") { Axis::Attribute } else { self.axis()? };
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn axis(&mut self) -> Parsed<Axis> {
        let (Token::Name(name), Token::Symbol("::")) = (self.token(), self.after()) else { return Ok(Axis::Child) };
        if name == "namespace" {
            return Err(Fault::refused("it has the axis `namespace`"));
        }
        let axis = AXES.iter().find(|(known, _)| known == name).map(|(_, axis)| *axis);
        let axis = axis.ok_or_else(|| Fault::value(format!("`{name}` is not an axis")))?;
        self.at += 2;
        Ok(axis)
    }

    fn test(&mut self) -> Parsed<Test> {
        let Token::Name(name) = self.token().clone() else { return Err(Fault::value("a step is missing")) };
        self.at += 1;
        if !self.take("(") {
            return Ok(match name.as_str() {
                "*" => Test::Any,
                name if name.contains(':') => Test::Prefixed,
                _ => Test::Name(name),
            });
        }
        let test = match (name.as_str(), self.token().clone()) {
            ("node", _) => Test::Node,
            ("text", _) => Test::Text,
            ("comment", _) => Test::Comment,
            ("processing-instruction", Token::Literal(target)) => {
                self.at += 1;
                Test::Instruction(Some(target))
            }
            ("processing-instruction", _) => Test::Instruction(None),
            _ => return Err(Fault::value(format!("there is no function `{name}`"))),
        };
        self.expect(")")?;
        Ok(test)
    }

    fn predicates(&mut self) -> Parsed<Vec<Expression>> {
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.binary(1)?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    /// Parses an operand other than a path: a number, a text, parentheses or a call.
    fn primary(&mut self) -> Parsed<Option<Expression>> {
        let expression = match (self.token().clone(), self.after()) {
            (Token::Number(number), _) => Expression::Number(number),
            (Token::Literal(text), _) => Expression::Literal(text),
            (Token::Symbol("("), _) => {
                self.at += 1;
                let inner = self.binary(1)?;
                self.expect(")")?;
                return Ok(Some(inner));
            }
            (Token::Name(name), Token::Symbol("(")) => match FUNCTIONS.iter().find(|function| function.name == name) {
                Some(function) => return self.call(function).map(Some),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(expression))
    }

    fn call(&mut self, function: &'static Function) -> Parsed {
        self.at += 2;
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.binary(1)?);
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        if !function.takes.contains(&arguments.len()) {
            return Err(Fault::value(format!("`{}` does not take {} arguments", function.name, arguments.len())));
        }
        Ok(Expression::Call(function, arguments))
    }
}
