//! Loops: `strategy`.

use indexmap::IndexMap;

use crate::{
    FieldKind, Int, Node, ParameterField, Text, TextMap, Value,
    lower::{
        context::Context,
        entries::{one_of, read},
        spec::{FromNode, check_tables, fields, is_map},
    },
    model::{RepeatSpec, StrategySpec},
    words::LOOP_FAILURES,
};

fields! {
    STRATEGY {
        "matrix": FieldKind::Named("map");
        "repeat": FieldKind::Object(RepeatSpec::FIELDS);
        "parallelism": FieldKind::Int;
        "maxConcurrency": FieldKind::Int;
        "when": FieldKind::Text;
        "onFailure": LOOP_FAILURES;
    }
}

impl FromNode for StrategySpec {
    const KIND: FieldKind = FieldKind::Object(STRATEGY);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[STRATEGY], cx) {
            return None;
        }
        one_of(node, &["matrix", "repeat", "parallelism"], cx);
        let matrix = node.get("matrix").filter(|matrix| !matrix.is_null());
        let repeat = node.get("repeat").filter(|repeat| !repeat.is_null());
        if let Some(repeat) = repeat {
            one_of(repeat, &["times", "items"], cx);
        }
        let named = |key: &str| [matrix, repeat, Some(node)].into_iter().flatten().find_map(|place| place.get(key));
        Some(Self {
            max_concurrency: named("maxConcurrency").filter(|n| !n.is_null()).and_then(|n| Int::from_node(n, cx)),
            node_name: named("nodeName").filter(|n| !n.is_null()).and_then(|n| Text::from_node(n, cx)),
            exclude: matrix.and_then(|matrix| matrix.get("exclude")).map_or_else(Vec::new, |node| exclude(node, cx)),
            matrix: matrix.and_then(|matrix| axes(matrix, cx)),
            parallelism: read(node, "parallelism", cx),
            repeat: read(node, "repeat", cx),
            when: read(node, "when", cx),
            on_failure: read(node, "onFailure", cx),
            span: node.span,
        })
    }
}

fn axes(matrix: &Node, cx: &mut Context) -> Option<IndexMap<String, Node>> {
    is_map(matrix, cx).then_some(())?;
    let settings = ["exclude", "maxConcurrency", "nodeName"];
    let mut axes = IndexMap::new();
    for entry in matrix.entries().iter().filter(|entry| !settings.contains(&entry.key.value.as_str())) {
        let expression = entry.value.text().is_some_and(|text| text.contains("<+"));
        if expression || matches!(entry.value.value, Value::List(_)) {
            axes.insert(entry.key.value.clone(), entry.value.clone());
        } else {
            cx.expected_list(&entry.value);
        }
    }
    Some(axes)
}

fn exclude(node: &Node, cx: &mut Context) -> Vec<IndexMap<String, Text>> {
    let mut rows = Vec::new();
    if !node.is_null() && node.items().is_empty() && !matches!(node.value, Value::List(_)) {
        cx.expected_list(node);
    }
    for item in node.items() {
        if let Some(TextMap { value: ParameterField::Literal(row), .. }) = TextMap::from_node(item, cx) {
            rows.push(row.into_iter().map(|(key, value)| (key.0.value, value)).collect());
        }
    }
    rows
}
