//! Converts source text to text, boolean, number, list or map, each of which may be an expression.
//!
//! The conversion is lenient, like the service's: a number or a boolean in place of a text keeps its source text,
//! `"true"` is a boolean, one text is a list of one item.

use cirun_diagnostics::{Code, Span, Spanned};
use cirun_expressions::Template;
use indexmap::IndexMap;

use crate::{
    FieldKind, Flag, Int, Key, Node, ParameterField, Text, TextList, TextMap, Value, codes,
    lower::{context::Context, spec::FromNode},
};

/// Parses the expressions of a scalar; reports malformed ones at their place.
fn template(text: &str, node: &Node, cx: &mut Context) -> Option<Template> {
    if !text.contains("<+") {
        return None;
    }
    let (template, mistakes) = Template::parse(text);
    for mistake in mistakes {
        let place = inner_span(node, &mistake.span);
        cx.report(codes::EXPRESSION_SYNTAX.says(mistake.message).at(place, "stays as it is written"));
    }
    template.as_literal().is_none().then_some(template)
}

/// The place of a part of a scalar's text: exact if the source has the text literally, otherwise the whole scalar.
fn inner_span(node: &Node, part: &std::ops::Range<usize>) -> Span {
    let Value::Scalar { lead: Some(lead), .. } = node.value else { return node.span };
    let at = |offset: usize| node.span.start + u32::from(lead) + offset as u32;
    Span { start: at(part.start), end: at(part.end), ..node.span }
}

fn parameter<T>(
    text: &str,
    node: &Node,
    cx: &mut Context,
    literal: impl FnOnce(&str, &mut Context) -> Option<T>,
) -> Option<Spanned<ParameterField<T>>> {
    let value = match template(text, node, cx) {
        Some(template) => ParameterField::Expression(template),
        None => ParameterField::Literal(literal(text, cx)?),
    };
    Some(Spanned { value, span: node.span })
}

/// The expected kind of scalar, and how to write it.
const TEXT: (&Code, &str, &str) = (&codes::EXPECTED_TEXT, "a text", "write one value, or quote it");
const FLAG: (&Code, &str, &str) = (&codes::EXPECTED_FLAG, "`true` or `false`", "write `true` or `false`");
const INT: (&Code, &str, &str) = (&codes::EXPECTED_INT, "a whole number", "write digits only");

fn text_of<'n>(node: &'n Node, needed: (&Code, &str, &str), cx: &mut Context) -> Option<&'n str> {
    let text = node.text();
    // An empty map has been reported, or is not an error: the Studio writes `{}` for "not set".
    let empty = matches!(&node.value, Value::Map(entries) if entries.is_empty());
    if text.is_none() && !empty {
        report_needed(needed, node.shape(), node, cx);
    }
    text
}

fn report_needed((code, what, help): (&Code, &str, &str), found: &str, node: &Node, cx: &mut Context) {
    cx.report(code.says(format!("expected {what}, not {found}")).at(node.span, "").help(help));
}

impl FromNode for Text {
    const KIND: FieldKind = FieldKind::Text;

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        parameter(text_of(node, TEXT, cx)?, node, cx, |text, _| Some(text.to_owned()))
    }
}

impl FromNode for Flag {
    const KIND: FieldKind = FieldKind::Flag;

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        parameter(text_of(node, FLAG, cx)?, node, cx, |text, cx| match text.trim() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            "" => None,
            other => {
                report_needed(FLAG, &format!("`{}`", short(other)), node, cx);
                None
            }
        })
    }
}

impl FromNode for Int {
    const KIND: FieldKind = FieldKind::Int;

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        parameter(text_of(node, INT, cx)?, node, cx, |text, cx| {
            let digits = text.trim();
            let whole = digits.strip_suffix(".0").unwrap_or(digits);
            let number = whole.parse().ok();
            if number.is_none() && !digits.is_empty() {
                report_needed(INT, &format!("`{}`", short(digits)), node, cx);
            }
            number
        })
    }
}

impl FromNode for TextList {
    const KIND: FieldKind = FieldKind::TextList;

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        let literal = |list| Spanned { value: ParameterField::Literal(list), span: node.span };
        match &node.value {
            Value::Null => None,
            Value::List(items) => Some(literal(
                items.iter().filter(|item| !item.is_null()).filter_map(|item| Text::from_node(item, cx)).collect(),
            )),
            Value::Scalar { text, .. } => parameter(text, node, cx, |text, _| {
                let one = Spanned { value: ParameterField::Literal(text.to_owned()), span: node.span };
                Some(if text.trim().is_empty() { Vec::new() } else { vec![one] })
            }),
            Value::Map(entries) if entries.is_empty() => Some(literal(Vec::new())),
            Value::Map(_) => {
                cx.expected_list(node);
                None
            }
        }
    }
}

impl FromNode for TextMap {
    const KIND: FieldKind = FieldKind::TextMap;

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        match &node.value {
            Value::Null => None,
            Value::Map(entries) => {
                let mut map = IndexMap::with_capacity(entries.len());
                for entry in entries {
                    let value = if entry.value.is_null() {
                        let literal = ParameterField::Literal(String::new());
                        Some(Spanned { value: literal, span: entry.value.span })
                    } else {
                        Text::from_node(&entry.value, cx)
                    };
                    map.extend(value.map(|value| (Key(entry.key.clone()), value)));
                }
                Some(Spanned { value: ParameterField::Literal(map), span: node.span })
            }
            Value::Scalar { text, .. } => parameter(text, node, cx, |text, cx| {
                if !text.trim().is_empty() {
                    cx.expected_map(node);
                    return None;
                }
                Some(IndexMap::new())
            }),
            Value::List(_) => {
                cx.expected_map(node);
                None
            }
        }
    }
}

/// The beginning of a long text, for a message.
pub(crate) fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
