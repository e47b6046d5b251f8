//! JEXL text to a tree: what stands between `<+` and `>`.

mod ast;
mod blocks;
mod lexer;
mod operand;
mod operator;
mod parser;
mod statement;

pub(crate) use ast::{
    Access, BinaryOp, Body, Chain, Function, Head, Name, Node, NodeKind, Part, Span, Statement, UnaryOp,
};
pub(crate) use blocks::{Source, parse_expression, parse_template, parse_value};
