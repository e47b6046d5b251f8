//! The axis of a step.

use super::{
    document::{Content, Document},
    value::Node,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    Parent,
    Ancestor,
    AncestorOrSelf,
    FollowingSibling,
    PrecedingSibling,
    Following,
    Preceding,
    Attribute,
    This,
}

pub(super) const AXES: [(&str, Axis); 12] = [
    ("child", Axis::Child),
    ("descendant", Axis::Descendant),
    ("descendant-or-self", Axis::DescendantOrSelf),
    ("parent", Axis::Parent),
    ("ancestor", Axis::Ancestor),
    ("ancestor-or-self", Axis::AncestorOrSelf),
    ("following-sibling", Axis::FollowingSibling),
    ("preceding-sibling", Axis::PrecedingSibling),
    ("following", Axis::Following),
    ("preceding", Axis::Preceding),
    ("attribute", Axis::Attribute),
    ("self", Axis::This),
];

impl Axis {
    /// The nodes on the axis, the nearest first.
    pub(super) fn nodes(self, document: &Document, node: Node) -> Vec<Node> {
        let mut nodes = Vec::new();
        match self {
            Self::Child => nodes = children(document, node),
            Self::Descendant => below(document, node, &mut nodes),
            Self::DescendantOrSelf => {
                nodes.push(node);
                below(document, node, &mut nodes);
            }
            Self::Parent => nodes.extend(node.parent(document)),
            Self::Ancestor => nodes = above(document, node),
            Self::AncestorOrSelf => {
                nodes.push(node);
                nodes.extend(above(document, node));
            }
            Self::FollowingSibling => nodes = siblings(document, node).1,
            Self::PrecedingSibling => nodes = siblings(document, node).0.into_iter().rev().collect(),
            Self::Following => {
                if let Node::Attribute(id, _) = node {
                    below(document, Node::Element(id), &mut nodes);
                }
                for origin in std::iter::once(node).chain(above(document, node)) {
                    for sibling in siblings(document, origin).1 {
                        nodes.push(sibling);
                        below(document, sibling, &mut nodes);
                    }
                }
            }
            Self::Preceding => {
                for origin in std::iter::once(node).chain(above(document, node)) {
                    for sibling in siblings(document, origin).0.into_iter().rev() {
                        let mut inside = vec![sibling];
                        below(document, sibling, &mut inside);
                        nodes.extend(inside.into_iter().rev());
                    }
                }
            }
            Self::Attribute => {
                if let Node::Element(id) = node {
                    let attributes = document.elements[id].attributes.iter().enumerate();
                    // Namespace declarations are not attributes.
                    let real = attributes.filter(|(_, (name, _))| name != "xmlns" && !name.starts_with("xmlns:"));
                    nodes.extend(real.map(|(at, _)| Node::Attribute(id, at)));
                }
            }
            Self::This => nodes.push(node),
        }
        nodes
    }
}

fn children(document: &Document, node: Node) -> Vec<Node> {
    let Node::Element(id) = node else { return Vec::new() };
    let content = document.elements[id].content.iter().enumerate();
    content
        .map(|(at, content)| match content {
            Content::Element(child) => Node::Element(*child),
            Content::Text(_) | Content::Comment(_) | Content::Instruction(..) => Node::Inside(id, at),
        })
        .collect()
}

fn below(document: &Document, node: Node, found: &mut Vec<Node>) {
    for child in children(document, node) {
        found.push(child);
        below(document, child, found);
    }
}

fn above(document: &Document, node: Node) -> Vec<Node> {
    std::iter::successors(node.parent(document), |parent| parent.parent(document)).collect()
}

/// The siblings before and after the node.
fn siblings(document: &Document, node: Node) -> (Vec<Node>, Vec<Node>) {
    let all = match (node, node.parent(document)) {
        (Node::Attribute(..), _) | (_, None) => return (Vec::new(), Vec::new()),
        (_, Some(parent)) => children(document, parent),
    };
    match all.iter().position(|sibling| *sibling == node) {
        Some(at) => (all[..at].to_vec(), all[at + 1..].to_vec()),
        None => (Vec::new(), Vec::new()),
    }
}
