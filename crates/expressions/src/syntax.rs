//! Parses JEXL text to a tree: the part between `<+` and `>`.

mod ast;
mod blocks;
mod collection;
mod lexer;
mod number;
mod operand;
mod operator;
mod parser;
mod statement;

pub(crate) use ast::{
    Access, Assignment, BinaryOp, Body, Chain, Function, Head, Name, Node, NodeKind, Part, Span, Statement,
    TemplatePart, UnaryOp, Variable,
};
pub(crate) use blocks::{Source, parse_expression, parse_template, parse_value};
