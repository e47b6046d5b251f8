//! Sets the `<+input>` leaves of a tree, for input sets and for `templateInputs`.

use std::collections::BTreeMap;

use cirun_diagnostics::Diagnostic;
use cirun_expressions::{RuntimeInput, Template};

use crate::{Node, Value, codes, lower::leaf::short};

/// Keys that identify a node; they are repeated in the inputs and are not values.
const IDENTITY: &[&str] = &[
    "identifier",
    "name",
    "type",
    "orgIdentifier",
    "projectIdentifier",
    "description",
    "tags",
    "templateRef",
    "versionLabel",
];

/// The keys around a list's items.
const WRAPPERS: &[&str] = &["stage", "step", "stepGroup", "parallel", "insert"];

/// The runtime input that is the whole text.
pub(super) fn runtime_input(text: &str) -> Option<RuntimeInput> {
    if !text.trim_start().starts_with("<+") {
        return None;
    }
    Template::parse(text).0.as_runtime_input()
}

/// Sets the runtime inputs in `pattern` to the values of `given`, in `target`. `pattern` is the original of `target`,
/// so that the last of several inputs wins.
pub(super) fn fill(pattern: &Node, target: &mut Node, given: &Node, diagnostics: &mut Vec<Diagnostic>) {
    if given.is_null() {
        return;
    }
    if let Some(input) = pattern.text().and_then(runtime_input) {
        if given.text().is_none_or(|text| Some(text) != pattern.text()) {
            diagnostics.extend(refusal(&input, pattern, given));
            *target = given.clone();
        }
        return;
    }
    if given.text().is_some_and(|text| runtime_input(text).is_some()) {
        return;
    }
    match (&pattern.value, &mut target.value, &given.value) {
        (Value::Map(_), Value::Map(_), Value::Map(_)) => fill_map(pattern, target, given, diagnostics),
        (Value::List(pattern), Value::List(target), Value::List(given)) => {
            fill_list(pattern, target, given, diagnostics);
        }
        (Value::Scalar { text: old, .. }, _, Value::Scalar { text: new, .. }) if old == new => {}
        _ => diagnostics.push(
            codes::UNKNOWN_INPUT
                .says("a value for a field that is not a runtime input")
                .at(given.span, "ignored")
                .at(pattern.span, "this field has a value already")
                .help("write `<+input>` there, or remove the value here"),
        ),
    }
}

fn refusal(input: &RuntimeInput, pattern: &Node, given: &Node) -> Option<Diagnostic> {
    let items = if given.items().is_empty() { std::slice::from_ref(given) } else { given.items() };
    let reason = items.iter().filter_map(Node::text).find_map(|text| input.validate(text).err())?;
    let error = codes::INPUT_NOT_ALLOWED.says(reason).at(given.span, "").at(pattern.span, "the input is declared here");
    Some(error)
}

fn fill_map(pattern: &Node, target: &mut Node, given: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for entry in given.entries() {
        let key = entry.key.value.as_str();
        let known = pattern.entries().iter().position(|known| known.key.value == key);
        // A template that was inserted has no `template:`; its inputs are those of the body.
        let inputs_of_body = if key == "template" { entry.value.get("templateInputs") } else { None };
        match (known, inputs_of_body) {
            (Some(at), _) if IDENTITY.contains(&key) && !is_input(&pattern.entries()[at].value) => {}
            (Some(at), _) => {
                fill(&pattern.entries()[at].value, &mut target.entries_mut()[at].value, &entry.value, diagnostics);
            }
            (None, Some(inputs)) => fill(pattern, target, inputs, diagnostics),
            (None, None) if IDENTITY.contains(&key) || is_unset(&entry.value) => {}
            (None, None) => diagnostics.push(
                codes::UNKNOWN_INPUT
                    .says(format!("there is no `{key}` here"))
                    .at(entry.key.span, "ignored")
                    .help("the inputs of a document are its `<+input>` values"),
            ),
        }
    }
}

fn is_input(node: &Node) -> bool {
    node.text().is_some_and(|text| runtime_input(text).is_some())
}

/// No value: null, an empty text, an empty collection, or `<+input>` again.
fn is_unset(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Scalar { text, .. } => text.is_empty() || runtime_input(text).is_some(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.iter().all(|entry| is_unset(&entry.value)),
    }
}

fn fill_list(pattern: &[Node], target: &mut [Node], given: &[Node], diagnostics: &mut Vec<Diagnostic>) {
    let mut index: BTreeMap<Name<'_>, usize> = BTreeMap::new();
    for (at, item) in pattern.iter().enumerate() {
        for name in names(item) {
            index.entry(name).or_insert(at);
        }
    }
    for (position, item) in given.iter().enumerate() {
        let names = names(item);
        let by_position = names.is_empty() && pattern.len() == given.len();
        let found = names.iter().find_map(|name| index.get(name).copied()).or(by_position.then_some(position));
        match found {
            Some(at) => fill(&pattern[at], &mut target[at], item, diagnostics),
            None => {
                let what = names.first().map_or_else(|| "this item".to_owned(), |name| format!("`{}`", short(name.1)));
                diagnostics.push(
                    codes::UNKNOWN_INPUT
                        .says(format!("there is no {what} in the list"))
                        .at(item.span, "ignored")
                        .help("list items pair up by `identifier` or `name`"),
                );
            }
        }
    }
}

/// Wrapper and identifier of a list item.
type Name<'n> = (&'n str, &'n str);

/// The names by which list items match: their own, or those of the parallel nodes in them.
pub(super) fn names(item: &Node) -> Vec<Name<'_>> {
    for wrapper in WRAPPERS {
        let Some(inner) = item.get(wrapper) else { continue };
        if !inner.items().is_empty() {
            return inner.items().iter().flat_map(names).map(|(_, name)| (*wrapper, name)).collect();
        }
        return own_name(inner).map(|name| (*wrapper, name)).into_iter().collect();
    }
    own_name(item).map(|name| ("", name)).into_iter().collect()
}

/// `identifier`, `name` or `key` of a map.
fn own_name(node: &Node) -> Option<&str> {
    ["identifier", "name", "key"].iter().find_map(|key| node.get(key)?.text())
}

/// The position of an item's wrapper in its entries.
pub(super) fn wrapper_position(item: &Node) -> Option<usize> {
    WRAPPERS.iter().find_map(|wrapper| item.entries().iter().position(|entry| entry.key.value == *wrapper))
}

/// The map in an item's wrapper, or the item itself.
pub(super) fn unwrap_item(item: &Node) -> &Node {
    wrapper_position(item).map_or(item, |at| &item.entries()[at].value)
}
