//! YAML as a tree of nodes with places; scalars keep their source text.

use cirun_diagnostics::{Span, Spanned};

/// A YAML document with its kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The kind, by its shape (documents.recognition).
    pub kind: DocumentKind,
    /// Its root.
    pub root: Node,
    /// Whether it was read to its end; otherwise a syntax error was reported, and missing fields may be after it.
    pub complete: bool,
}

/// The kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// `pipeline:`, v0.
    Pipeline,
    /// `template:`, v0.
    Template,
    /// `inputSet:`.
    InputSet,
    /// `overlayInputSet:`.
    OverlayInputSet,
    /// `connector:`.
    Connector,
    /// `secret:`.
    Secret,
    /// `trigger:`.
    Trigger,
    /// v1 of 2022-23: `version: 1`, `kind:`, `spec:`.
    V1,
    /// The unified YAML of 2025-26.
    Unified,
    /// Not a Harness document.
    Unknown,
}

impl DocumentKind {
    /// The key at the root under which a document of this kind has its body.
    pub fn root_key(self) -> Option<&'static str> {
        match self {
            Self::Pipeline => Some("pipeline"),
            Self::Template => Some("template"),
            Self::InputSet => Some("inputSet"),
            Self::OverlayInputSet => Some("overlayInputSet"),
            Self::Connector => Some("connector"),
            Self::Secret => Some("secret"),
            Self::Trigger => Some("trigger"),
            Self::V1 | Self::Unified | Self::Unknown => None,
        }
    }
}

impl Document {
    /// The value of the root key (`pipeline:`, `connector:`, …).
    pub fn body(&self) -> Option<&Node> {
        self.root.get(self.kind.root_key()?)
    }

    /// Removes the value of the root key from the document, and leaves null.
    pub fn take_body(&mut self) -> Option<Node> {
        let key = self.kind.root_key()?;
        let entry = self.root.entries_mut().iter_mut().find(|entry| entry.key.value == key)?;
        let empty = Node { span: entry.value.span, value: Value::Null };
        Some(std::mem::replace(&mut entry.value, empty))
    }
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its bytes.
    pub span: Span,
    /// Its value.
    pub value: Value,
}

/// A node's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Missing, `~` or `null`, unquoted.
    Null,
    /// Any other scalar: its text; `plain` if it is unquoted and not a block.
    Scalar {
        /// The text after unescaping, but before typing.
        text: String,
        /// Unquoted.
        plain: bool,
        /// The number of bytes before the text in its span (a quote), if the source has the text literally: unescaped,
        /// unfolded.
        lead: Option<u8>,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in written order; duplicate keys have been reported, and the first entry was kept.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value of `key`, if this is a map with this key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// The value at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a map; empty for other nodes.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Scalar { .. } | Value::List(_) => &[],
        }
    }

    /// The items of a list; empty for other nodes.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Null | Value::Scalar { .. } | Value::Map(_) => &[],
        }
    }

    /// The entries of a map, mutable.
    pub fn entries_mut(&mut self) -> &mut [Entry] {
        match &mut self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Scalar { .. } | Value::List(_) => &mut [],
        }
    }

    /// The items of a list, mutable.
    pub fn items_mut(&mut self) -> &mut [Self] {
        match &mut self.value {
            Value::List(items) => items,
            Value::Null | Value::Scalar { .. } | Value::Map(_) => &mut [],
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Whether the node is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The kind of node, for messages.
    pub(crate) fn shape(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar { .. } => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
