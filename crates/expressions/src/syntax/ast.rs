//! The tree of an expression. A nested `<+…>` is an index into the blocks of its text, so each is parsed once.

use std::sync::Arc;

use crate::Value;

/// A place in the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn to(self, end: Self) -> Self {
        Self { start: self.start, end: end.end }
    }

    pub(crate) fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

/// One `<+…>`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    /// Including `<+` and `>`.
    pub(crate) span: Span,
    pub(crate) body: Body,
    /// The blocks directly inside, in order.
    pub(crate) children: Vec<usize>,
}

impl Block {
    /// The part between `<+` and `>`.
    pub(crate) fn inner(&self) -> Span {
        Span { start: self.span.start + 2, end: self.span.end - 1 }
    }
}

/// The content of a block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// `<+>`.
    Empty,
    /// An expression or a script.
    Script(Vec<Statement>),
    /// Blocks next to each other or to plain text: `<+<+a>-<+b>>`.
    Text,
    /// Malformed: it stays text.
    Broken,
}

/// A statement of a script.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    Expression(Node),
    Var { name: String, value: Option<Node> },
    If { condition: Node, then: Box<Statement>, otherwise: Option<Box<Statement>> },
    For { variable: Variable, items: Node, body: Box<Statement> },
    While { condition: Node, body: Box<Statement> },
    Block(Vec<Statement>),
    Return(Node),
    Break,
    Continue,
}

/// The variable of a loop.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// `for (var x : …)`: functions cannot read it, unless they are created inside.
    pub(crate) local: bool,
}

/// `place = value`, and `place += value`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    /// The target: a variable, or a part of it.
    pub(crate) name: String,
    pub(crate) accesses: Vec<Access>,
    pub(crate) target: Span,
    pub(crate) operator: Option<BinaryOp>,
    pub(crate) value: Node,
}

/// `function(a, b) {…}`, `(a, b) -> {…}`.
#[derive(Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) parameters: Vec<String>,
    /// The names in the body: it captures the variables around it that have these names.
    pub(crate) names: Vec<String>,
    pub(crate) body: Vec<Statement>,
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NodeKind {
    Literal(Value),
    /// Quoted text with blocks in it.
    Text(Vec<Part>),
    /// Text in backticks, with `${…}` in it.
    Template(Vec<TemplatePart>),
    Array(Vec<Node>),
    /// `[…, ...]`: a list of variable length.
    List(Vec<Node>),
    Set(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Function(Arc<Function>),
    /// Something that only the service can evaluate, and the reason.
    Refused(String),
    Block(usize),
    Path(Box<Head>, Vec<Access>),
    Unary(UnaryOp, Box<Node>),
    Chain(Box<Chain>),
    Ternary(Box<[Node; 3]>),
    Elvis(Box<[Node; 2]>),
    Assign(Box<Assignment>),
}

/// A piece of text in backticks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TemplatePart {
    Literal(String),
    Block(usize),
    Expression(Node),
}

/// A piece of text: literal, or a block's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Literal(String),
    Block(usize),
}

/// A name, perhaps with blocks in it: `Group<+stepGroup.identifierPostFix>`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Name {
    Plain(String),
    Parts(Vec<Part>),
}

/// The start of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Head {
    Name(Name),
    /// `name(arguments)`.
    Call(String, Vec<Node>),
    Value(Node),
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Access {
    Key(Name, Span),
    /// `.0`, as JEXL allows.
    Position(usize, Span),
    Index(Node, Span),
    Call {
        name: String,
        arguments: Vec<Node>,
        span: Span,
    },
    /// A call of the value before it: `(x -> { x })(1)`.
    Invoke(Vec<Node>, Span),
}

impl Access {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Key(_, span)
            | Self::Position(_, span)
            | Self::Index(_, span)
            | Self::Call { span, .. }
            | Self::Invoke(_, span) => *span,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    Not,
    Negate,
    Complement,
    Size,
    Empty,
}

/// Operands with operators of one precedence, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chain {
    pub(crate) first: Node,
    pub(crate) rest: Vec<(BinaryOp, Node)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Matches,
    NotMatches,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}
