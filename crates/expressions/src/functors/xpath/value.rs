//! The values of an XPath.

use super::document::{Content, Document};

/// A node of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// Index 0 is the document.
    Element(usize),
    Attribute(usize, usize),
    /// Text, a comment or a processing instruction: the element, and its position in it.
    Inside(usize, usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// In the order of the document.
    Nodes(Vec<Node>),
    Number(f64),
    Text(String),
    Bool(bool),
}

impl Node {
    pub(super) fn text(self, document: &Document) -> String {
        match self {
            Self::Element(id) => document.string_value(id),
            Self::Attribute(id, at) => document.elements[id].attributes[at].1.clone(),
            Self::Inside(id, at) => match &document.elements[id].content[at] {
                Content::Text(text) | Content::Comment(text) | Content::Instruction(_, text) => text.clone(),
                Content::Element(child) => document.string_value(*child),
            },
        }
    }

    /// The name, as written.
    pub(super) fn name(self, document: &Document) -> &str {
        match self {
            Self::Element(id) => &document.elements[id].name,
            Self::Attribute(id, at) => &document.elements[id].attributes[at].0,
            Self::Inside(id, at) => match &document.elements[id].content[at] {
                Content::Instruction(target, _) => target,
                Content::Text(_) | Content::Comment(_) | Content::Element(_) => "",
            },
        }
    }

    pub(super) fn parent(self, document: &Document) -> Option<Self> {
        match self {
            Self::Element(id) => document.elements[id].parent.map(Self::Element),
            Self::Attribute(id, _) | Self::Inside(id, _) => Some(Self::Element(id)),
        }
    }

    /// The position of the node in the document: elements are numbered in document order.
    pub(super) fn place(self, document: &Document) -> Vec<usize> {
        let mut place = Vec::new();
        let mut node = self;
        loop {
            let (parent, at) = match node {
                // Attributes come before the content of their element.
                Self::Attribute(id, at) => (id, at),
                Self::Inside(id, at) => (id, document.elements[id].attributes.len() + at),
                Self::Element(id) => match document.elements[id].parent {
                    Some(parent) => (parent, document.elements[parent].attributes.len() + document.elements[id].at),
                    None => break,
                },
            };
            place.push(at);
            node = Self::Element(parent);
        }
        place.reverse();
        place
    }
}

impl Value {
    pub(super) fn text(&self, document: &Document) -> String {
        match self {
            Self::Nodes(nodes) => nodes.first().map_or_else(String::new, |node| node.text(document)),
            Self::Number(number) => written(*number),
            Self::Text(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
        }
    }

    pub(super) fn number(&self, document: &Document) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Nodes(_) | Self::Text(_) => number(&self.text(document)),
        }
    }

    pub(super) fn truth(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Bool(value) => *value,
        }
    }
}

/// The number in a text, without exponents; other texts are not a number.
pub(super) fn number(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let written = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if written { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

fn written(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}
