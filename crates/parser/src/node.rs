//! YAML as a tree of nodes with places; scalars keep their source text.

use cirun_diagnostics::{Span, Spanned};

/// A YAML document and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it is, by its shape (documents.recognition).
    pub kind: DocumentKind,
    /// Its root.
    pub root: Node,
    /// It was read to its end; otherwise a mistake in its text was reported, and what is missing may stand after it.
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
    /// Nothing of Harness's.
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

    /// Takes the value of the root key out of the document, which keeps null in its place.
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
    /// Nothing, `~` or `null`, unquoted.
    Null,
    /// Any other scalar: its text; `plain` if it was written without quotes and not as a block.
    Scalar {
        /// The text after YAML's unescaping, never after typing.
        text: String,
        /// Unquoted.
        plain: bool,
        /// The bytes before the text in its span (a quote), where the source has the text as it is: unescaped, unfolded.
        lead: Option<u8>,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in written order; a duplicate key has been reported and its first entry kept.
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
    /// The value of `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// The value at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Scalar { .. } | Value::List(_) => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Null | Value::Scalar { .. } | Value::Map(_) => &[],
        }
    }

    /// The entries of a map, to change.
    pub fn entries_mut(&mut self) -> &mut [Entry] {
        match &mut self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Scalar { .. } | Value::List(_) => &mut [],
        }
    }

    /// The items of a list, to change.
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

    /// Nothing was written: null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// What it is, for messages.
    pub(crate) fn shape(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar { .. } => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
