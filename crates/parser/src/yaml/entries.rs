//! The entries of a map: allowed keys, merges, and duplicate keys.

use std::collections::BTreeSet;

use cirun_diagnostics::{Diagnostic, Spanned};

use crate::{Entry, Node, Value, codes};

/// A key that waits for its value.
pub(super) enum Key {
    Text(Spanned<String>),
    Merge,
    NotText,
}

/// Reports and drops duplicate keys, and adds merged entries with new keys.
pub(super) fn tidy(entries: Vec<Entry>, merged: Vec<Entry>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let repeated = repeated(&entries);
    for (first, again) in &repeated {
        let (first, again) = (&entries[*first].key, &entries[*again].key);
        diagnostics.push(
            codes::DUPLICATE_KEY
                .says(format!("the key `{}` is written twice", again.value))
                .at(again.span, "again here")
                .at(first.span, "first here; this one is used")
                .help("remove one of them"),
        );
    }
    let dropped: BTreeSet<usize> = repeated.into_iter().map(|(_, again)| again).collect();
    let mut kept: Vec<Entry> = if dropped.is_empty() {
        entries
    } else {
        entries.into_iter().enumerate().filter(|(at, _)| !dropped.contains(at)).map(|(_, entry)| entry).collect()
    };
    if !merged.is_empty() {
        let mut names: BTreeSet<String> = kept.iter().map(|entry| entry.key.value.clone()).collect();
        kept.extend(merged.into_iter().filter(|entry| names.insert(entry.key.value.clone())));
    }
    kept
}

/// Pairs of entries with the same key: the first one, and each further one.
fn repeated(entries: &[Entry]) -> Vec<(usize, usize)> {
    // Nearly all maps are small and have no duplicate key: they are searched without a copy.
    let same = |at: usize| entries[..at].iter().any(|entry| entry.key.value == entries[at].key.value);
    if entries.len() <= 16 && !(1..entries.len()).any(same) {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|at| (entries[*at].key.value.as_str(), *at));
    let mut pairs = Vec::new();
    let mut first = 0;
    for at in 1..order.len() {
        if entries[order[at]].key.value == entries[order[first]].key.value {
            pairs.push((order[first], order[at]));
        } else {
            first = at;
        }
    }
    pairs.sort_unstable_by_key(|(_, again)| *again);
    pairs
}

/// Reads a node in the position of a key.
pub(super) fn as_key(node: Node) -> (Key, Option<Diagnostic>) {
    let span = node.span;
    match node.value {
        Value::Scalar { text, plain: true, .. } if text == "<<" => (Key::Merge, None),
        Value::Scalar { text, .. } => (Key::Text(Spanned { value: text, span }), None),
        Value::Null => {
            let problem =
                codes::YAML_KEY.says("a key without text").at(span, "").help("write the key before the colon");
            (Key::NotText, Some(problem))
        }
        Value::List(_) | Value::Map(_) => {
            let help = "quote the value if it is an expression in braces";
            (Key::NotText, Some(codes::YAML_KEY.says("a list or a map as a key").at(span, "left out").help(help)))
        }
    }
}

/// Adds the value of a merge key (`<<`) to `merged`.
pub(super) fn merge(node: Node, merged: &mut Vec<Entry>) -> Option<Diagnostic> {
    let span = node.span;
    let problem = || Some(codes::MERGE_KEY.says("`<<` needs a map").at(span, "no map").help("write `<<: *anchor`"));
    match node.value {
        Value::Map(entries) => merged.extend(entries),
        Value::List(items) => {
            for item in items {
                match item.value {
                    Value::Map(entries) => merged.extend(entries),
                    Value::Null | Value::Scalar { .. } | Value::List(_) => return problem(),
                }
            }
        }
        Value::Null | Value::Scalar { .. } => return problem(),
    }
    None
}
