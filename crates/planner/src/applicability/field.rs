//! The place of an input in a document; an empty input is not set.

use cirun_diagnostics::Span;
use cirun_parser::{
    Flag, Int, Node, ParameterField, Text, TextList, TextMap, Value,
    model::{RegistrySpec, Step},
};

use crate::scope::given;

pub(crate) fn text(field: &Option<Text>) -> Option<Span> {
    given(field.as_ref()).map(|field| field.span)
}

pub(crate) fn list(field: &Option<TextList>) -> Option<Span> {
    let field = field.as_ref()?;
    (!matches!(&field.value, ParameterField::Literal(items) if items.is_empty())).then_some(field.span)
}

pub(crate) fn map(field: &Option<TextMap>) -> Option<Span> {
    let field = field.as_ref()?;
    (!matches!(&field.value, ParameterField::Literal(entries) if entries.is_empty())).then_some(field.span)
}

pub(crate) fn registries(list: &[RegistrySpec]) -> Option<Span> {
    list.first().map(|registry| registry.span)
}

pub(crate) fn flag(field: &Option<Flag>) -> Option<Span> {
    field.as_ref().map(|field| field.span)
}

pub(crate) fn true_flag(field: &Option<Flag>) -> Option<Span> {
    field.as_ref().filter(|field| field.value != ParameterField::Literal(false)).map(|field| field.span)
}

pub(crate) fn int(field: &Option<Int>) -> Option<Span> {
    field.as_ref().map(|field| field.span)
}

pub(crate) fn node(field: &Option<Node>) -> Option<Span> {
    field.as_ref().filter(|node| node.value != Value::Null).map(|node| node.span)
}

/// The identifier: the parser reports a missing one, so tables do not.
pub(crate) fn reported_by_parser(step: &Step) -> Option<Span> {
    Some(step.identifier.span)
}

/// An input that may be written.
pub(crate) trait Written {
    /// Its place, if it is written and not empty.
    fn written_at(&self) -> Option<Span>;
}

impl Written for Option<Text> {
    fn written_at(&self) -> Option<Span> {
        text(self)
    }
}

impl Written for Option<TextList> {
    fn written_at(&self) -> Option<Span> {
        list(self)
    }
}

impl Written for Option<TextMap> {
    fn written_at(&self) -> Option<Span> {
        map(self)
    }
}

impl Written for Option<Flag> {
    fn written_at(&self) -> Option<Span> {
        flag(self)
    }
}

impl Written for Option<Int> {
    fn written_at(&self) -> Option<Span> {
        int(self)
    }
}
