//! Where in a document an expression is evaluated.

use super::{
    document::Document,
    value::{Node, Value, number},
};

/// The context of an expression.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) document: &'a Document,
    pub(super) node: Node,
    /// The position among the nodes of a predicate, from 1.
    pub(super) position: i64,
    pub(super) size: i64,
}

impl Context<'_> {
    /// The number of the context's node.
    pub(super) fn here(&self) -> Value {
        Value::Text(self.node.text(self.document))
    }

    /// The sum of the nodes' numbers.
    pub(super) fn sum(&self, nodes: &[Node]) -> f64 {
        nodes.iter().map(|node| number(&node.text(self.document))).sum()
    }
}
