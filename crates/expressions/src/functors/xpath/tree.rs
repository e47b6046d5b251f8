//! The tree of an XPath.

use super::{axis::Axis, function::Function};

#[derive(Debug)]
pub(super) enum Expression {
    Number(f64),
    Literal(String),
    Call(&'static Function, Vec<Expression>),
    Negate(Box<Expression>),
    Binary(Operator, Box<[Expression; 2]>),
    Path(Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Union,
}

#[derive(Debug)]
pub(super) struct Path {
    pub(super) start: Start,
    pub(super) steps: Vec<Step>,
}

/// The start of a path.
#[derive(Debug)]
pub(super) enum Start {
    Root,
    Here,
    /// The result of an expression, with predicates.
    Of(Box<Expression>, Vec<Expression>),
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: Test,
    pub(super) predicates: Vec<Expression>,
}

/// The node test of a step.
#[derive(Debug, PartialEq)]
pub(super) enum Test {
    Name(String),
    /// A name with a prefix, which a document without namespaces does not have.
    Prefixed,
    Any,
    Node,
    Text,
    Comment,
    Instruction(Option<String>),
}
