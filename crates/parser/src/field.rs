//! Leaves of the model: a literal or an expression, with its place.

use cirun_diagnostics::Spanned;
use cirun_expressions::Template;
use indexmap::IndexMap;

/// Harness's own word for a value that may be an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterField<T> {
    /// Written out.
    Literal(T),
    /// An expression, or text with expressions in it.
    Expression(Template),
}

/// A text.
pub type Text = Spanned<ParameterField<String>>;
/// A boolean.
pub type Flag = Spanned<ParameterField<bool>>;
/// A whole number.
pub type Int = Spanned<ParameterField<i64>>;
/// A list of texts, or an expression for all of it.
pub type TextList = Spanned<ParameterField<Vec<Text>>>;
/// A map of texts, or an expression for all of it.
pub type TextMap = Spanned<ParameterField<IndexMap<Key, Text>>>;

/// A key of a user's map; equal by its text.
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

/// A field that a specification knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name in YAML.
    pub name: &'static str,
    /// What it takes.
    pub kind: FieldKind,
    /// The schema requires it.
    pub required: bool,
    /// One sentence, from the field's doc comment.
    pub about: &'static str,
}

/// What a field takes; any of them may be an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// A text, which may also be a number.
    TextOrNumber,
    /// An identifier (documents.identifiers).
    Identifier,
    /// A name for people.
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
    /// What the `type` beside it asks for; anything where the type is none of these.
    ByType(&'static [(&'static str, &'static [FieldInfo])]),
    /// A definition by name: `stages` and `steps` contain themselves, `step` depends on its type.
    /// What the names mean is in [`crate::tables`].
    Named(&'static str),
    /// Anything.
    Any,
    /// Anything: documents have it, and the service reads it in another place only. It is an unknown field all the same.
    Unread,
}
