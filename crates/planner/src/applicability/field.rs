//! The place of an input in a document; an empty input is not set.

use cirun_diagnostics::Span;
use cirun_parser::{
    Flag, Int, Node, ParameterField, Text, TextList, TextMap, Value,
    model::{OutputVariableSpec, RegistrySpec, ReportsSpec, Step},
};

use crate::scope::given;

/// An input that may be written.
pub(crate) trait Written {
    /// Its place, if it is written and not empty.
    fn written_at(&self) -> Option<Span>;
}

pub(crate) fn text(field: &Option<Text>) -> Option<Span> {
    field.written_at()
}

pub(crate) fn list(field: &Option<TextList>) -> Option<Span> {
    field.written_at()
}

/// `false` is as if it were not written.
pub(crate) fn true_flag(field: &Option<Flag>) -> Option<Span> {
    field.as_ref().filter(|field| field.value != ParameterField::Literal(false)).map(|field| field.span)
}

/// The identifier: the parser reports a missing one, so tables do not.
pub(crate) fn reported_by_parser(step: &Step) -> Option<Span> {
    Some(step.identifier.span)
}

impl Written for Option<Text> {
    fn written_at(&self) -> Option<Span> {
        given(self.as_ref()).map(|field| field.span)
    }
}

impl Written for Option<TextList> {
    fn written_at(&self) -> Option<Span> {
        let field = self.as_ref()?;
        (!matches!(&field.value, ParameterField::Literal(items) if items.is_empty())).then_some(field.span)
    }
}

impl Written for Option<TextMap> {
    fn written_at(&self) -> Option<Span> {
        let field = self.as_ref()?;
        (!matches!(&field.value, ParameterField::Literal(entries) if entries.is_empty())).then_some(field.span)
    }
}

impl Written for Option<Flag> {
    fn written_at(&self) -> Option<Span> {
        self.as_ref().map(|field| field.span)
    }
}

impl Written for Option<Int> {
    fn written_at(&self) -> Option<Span> {
        self.as_ref().map(|field| field.span)
    }
}

impl Written for Option<Node> {
    fn written_at(&self) -> Option<Span> {
        self.as_ref().filter(|node| node.value != Value::Null).map(|node| node.span)
    }
}

impl Written for Option<ReportsSpec> {
    fn written_at(&self) -> Option<Span> {
        self.as_ref().map(|reports| reports.span)
    }
}

impl Written for Vec<RegistrySpec> {
    fn written_at(&self) -> Option<Span> {
        self.first().map(|registry| registry.span)
    }
}

impl Written for Vec<OutputVariableSpec> {
    fn written_at(&self) -> Option<Span> {
        self.first().map(|output| output.name.span)
    }
}
