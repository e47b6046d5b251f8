//! `strategy.matrix`.

use cirun_diagnostics::codes::plan as codes;
use cirun_expressions::{Template, Value};
use cirun_parser::{Node, Value as NodeValue, model::StrategySpec};
use indexmap::IndexMap;

use super::{Expansion, Instance, items_of};
use crate::scope::{Ctx, Evaluated};

/// The combinations of the axes except the excluded ones: literal axes in their order, then those of expressions.
pub(super) fn instances(
    ctx: &Ctx<'_>,
    strategy: &StrategySpec,
    axes: &IndexMap<String, Node>,
) -> Result<Vec<Instance>, Expansion> {
    let (literal, expressions): (Vec<_>, Vec<_>) =
        axes.iter().partition(|(_, node)| matches!(node.value, NodeValue::List(_)));
    let mut values: Vec<(&String, Vec<Value>)> = Vec::new();
    for (axis, node) in literal.into_iter().chain(expressions) {
        let items = axis_values(ctx, node)?;
        if items.is_empty() {
            ctx.notes.report(
                codes::BAD_LOOP
                    .says(format!("the axis `{axis}` is empty"))
                    .at(node.span, "an axis needs at least one value"),
            );
            return Err(Expansion::Never);
        }
        values.push((axis, items));
    }
    if values.is_empty() {
        ctx.notes.report(codes::BAD_LOOP.says("the matrix has no axes").at(strategy.span, "name at least one axis"));
        return Err(Expansion::Never);
    }
    let mut instances = Vec::new();
    let mut at = vec![0_usize; values.len()];
    loop {
        let chosen: IndexMap<String, Value> =
            values.iter().zip(&at).map(|((axis, items), index)| ((*axis).clone(), items[*index].clone())).collect();
        if !excluded(ctx, strategy, &chosen) {
            let suffix = at.iter().map(|index| format!("_{index}")).collect();
            instances.push(Instance { axes: chosen, ..Instance::plain(suffix) });
        }
        if instances.len() > super::MOST_INSTANCES || !advance(&mut at, &values) {
            return Ok(instances);
        }
    }
}

/// Advances to the next combination; the last axis changes fastest.
fn advance(at: &mut [usize], values: &[(&String, Vec<Value>)]) -> bool {
    for (index, (_, items)) in at.iter_mut().zip(values).rev() {
        *index += 1;
        if *index < items.len() {
            return true;
        }
        *index = 0;
    }
    false
}

/// Whether an `exclude` entry matches on every axis that it names.
fn excluded(ctx: &Ctx<'_>, strategy: &StrategySpec, chosen: &IndexMap<String, Value>) -> bool {
    strategy.exclude.iter().filter(|entry| !entry.is_empty()).any(|entry| {
        entry.iter().all(|(axis, field)| {
            chosen.get(axis).is_some_and(|value| ctx.text(field).value.as_known() == Some(value.render().as_str()))
        })
    })
}

fn axis_values(ctx: &Ctx<'_>, node: &Node) -> Result<Vec<Value>, Expansion> {
    match &node.value {
        NodeValue::List(items) => {
            let mut values = Vec::new();
            for item in items {
                match value(ctx, item)? {
                    // An item that evaluates to a list contributes all of its items.
                    Value::List(inner) if matches!(item.value, NodeValue::Scalar { .. }) => values.extend(inner),
                    other => values.push(other),
                }
            }
            Ok(values)
        }
        NodeValue::Scalar { text, .. } => {
            let (template, _) = Template::parse(text);
            items_of(ctx, ctx.evaluate(&template, node.span).value, node.span)
        }
        NodeValue::Null => Ok(Vec::new()),
        NodeValue::Map(_) => Ok(vec![value(ctx, node)?]),
    }
}

/// A node as a value; texts stay texts, even if they look like numbers.
fn value(ctx: &Ctx<'_>, node: &Node) -> Result<Value, Expansion> {
    match &node.value {
        NodeValue::Null => Ok(Value::Null),
        NodeValue::Scalar { text, .. } => {
            let (template, _) = Template::parse(text);
            match template.as_literal() {
                Some(literal) => Ok(Value::String(literal.to_owned())),
                None => match ctx.evaluate(&template, node.span).value {
                    Evaluated::Ready { value, .. } => Ok(value),
                    Evaluated::Deferred(pieces) => Err(super::too_late(ctx, "an axis", &pieces, node.span)),
                },
            }
        }
        NodeValue::List(items) => items.iter().map(|item| value(ctx, item)).collect::<Result<_, _>>().map(Value::List),
        NodeValue::Map(entries) => entries
            .iter()
            .map(|entry| Ok((entry.key.value.clone(), value(ctx, &entry.value)?)))
            .collect::<Result<_, _>>()
            .map(Value::Map),
    }
}
