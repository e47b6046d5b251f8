//! Leaves of the model: a literal or an expression, with its place.

use cirun_diagnostics::Spanned;
use cirun_expressions::Template;
use indexmap::IndexMap;

/// A value that may be an expression; Harness calls it a parameter field.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterField<T> {
    /// A literal.
    Literal(T),
    /// An expression, or text that contains expressions.
    Expression(Template),
}

/// A text.
pub type Text = Spanned<ParameterField<String>>;
/// A boolean.
pub type Flag = Spanned<ParameterField<bool>>;
/// A whole number.
pub type Int = Spanned<ParameterField<i64>>;
/// A list of texts, or an expression for the whole list.
pub type TextList = Spanned<ParameterField<Vec<Text>>>;
/// A map of texts, or an expression for the whole map.
pub type TextMap = Spanned<ParameterField<IndexMap<Key, Text>>>;

/// A key of a user's map; compared by its text.
#[derive(Debug, Clone)]
pub struct Key(pub Spanned<String>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.value == other.0.value
    }
}
impl Eq for Key {}
impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.value.hash(state);
    }
}

/// A field of a specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name in YAML.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: FieldKind,
    /// Whether the schema requires it.
    pub required: bool,
    /// A sentence, from the field's doc comment.
    pub about: &'static str,
}

/// The kinds of field values; any of them may be an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// A text, which may also be a number.
    TextOrNumber,
    /// An identifier (documents.identifiers).
    Identifier,
    /// A display name.
    Name,
    /// A duration (documents.durations).
    Duration,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Int,
    /// A list of texts, or one text.
    TextList,
    /// A map of texts.
    TextMap,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// Another specification.
    Object(&'static [FieldInfo]),
    /// A list of these.
    List(&'static FieldKind),
    /// A list of at least one of these.
    Some(&'static FieldKind),
    /// Depends on the `type` next to it; any value if the type is none of these.
    ByType(&'static [(&'static str, &'static [FieldInfo])]),
    /// A definition by name: `stages` and `steps` are recursive, `step` depends on its type.
    /// [`crate::tables`] defines the names.
    Named(&'static str),
    /// Any value.
    Any,
    /// Any value: documents have it, but the service reads it elsewhere only. It is still an unknown field.
    Unread,
}
