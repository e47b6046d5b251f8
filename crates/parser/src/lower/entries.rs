//! The entries of maps: single fields, words, keys that exclude each other, items with a single key.

use cirun_diagnostics::{Spanned, nearest};
use indexmap::IndexMap;

use crate::{
    Entry, Node, Value, codes,
    lower::{
        context::{Context, start_of},
        spec::{FromNode, is_map},
    },
};

/// The field `key` of a map, if it exists and can be read.
pub(crate) fn read<T: FromNode>(node: &Node, key: &str, cx: &mut Context) -> Option<T> {
    node.get(key).filter(|value| !value.is_null()).and_then(|value| T::from_node(value, cx))
}

/// Warns of a word that is not one of `words`.
pub(crate) fn check_word(found: &Spanned<String>, words: &[&'static str], cx: &mut Context) {
    let word = found.value.as_str();
    if !word.contains("<+") && !words.contains(&word) {
        let help = match nearest(word, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of {}", words.join(", ")),
        };
        cx.report(codes::UNEXPECTED_VALUE.says(format!("`{word}` is not known here")).at(found.span, "").help(help));
    }
}

/// Reports the second of two keys that exclude each other.
pub(crate) fn one_of(node: &Node, keys: &[&str], cx: &mut Context) {
    let mut found = node.entries().iter().filter(|entry| keys.contains(&entry.key.value.as_str()));
    if let (Some(first), Some(second)) = (found.next(), found.next()) {
        let message = format!("`{}` cannot be combined with `{}`", second.key.value, first.key.value);
        let error = codes::CONFLICTING_FIELDS.says(message).at(second.key.span, "").at(first.key.span, "the other one");
        cx.report(error.help("keep one of them"));
    }
}

/// The only key of an item of `steps` or `stages`.
pub(crate) fn wrapper<'n>(node: &'n Node, names: &[&'static str], cx: &mut Context) -> Option<&'n Entry> {
    if node.is_null() || !is_map(node, cx) {
        return None;
    }
    let found = node.entries().iter().find(|entry| names.contains(&entry.key.value.as_str()));
    if found.is_none() {
        let near = node.entries().iter().find_map(|entry| nearest(&entry.key.value, names.iter().copied()));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("an item begins with `- {}:`", names[0]),
        };
        let message = format!("expected one of {}", list_of(names));
        let error = codes::MISSING_FIELD.says(message).at(start_of(node.span), "in this item");
        cx.report(error.help(help));
    }
    let found = found?;
    if found.value.is_null() {
        match found.key.value.as_str() {
            "parallel" => cx.expected_list(&found.value),
            _ => cx.expected_map(&found.value),
        }
        return None;
    }
    Some(found)
}

fn list_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The entries of a free map, by name.
pub(crate) fn named_nodes(node: Option<&Node>, cx: &mut Context) -> IndexMap<String, Node> {
    let Some(node) = node.filter(|node| is_map(node, cx)) else { return IndexMap::new() };
    match &node.value {
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.value.clone(), entry.value.clone())).collect(),
        Value::Null | Value::Scalar { .. } | Value::List(_) => IndexMap::new(),
    }
}
