//! `strategy.repeat`.

use cirun_expressions::{Evaluation, Template, Value};
use cirun_parser::{Int, ParameterField, model::RepeatSpec};
use cirun_plan::Text;

use super::{Expansion, Instance, count, items_of, numbered, too_late};
use crate::scope::Ctx;

/// `times`, or `items` (a range of them from `start` to `end`), one by one or in partitions.
pub(super) fn instances(ctx: &Ctx<'_>, repeat: &RepeatSpec) -> Result<Vec<Instance>, Expansion> {
    if let Some(times) = &repeat.times {
        return count(ctx, times, "`times`").map(numbered);
    }
    let field = repeat.items.as_ref().ok_or(Expansion::Never)?;
    let items = match &field.value {
        ParameterField::Literal(items) => items
            .iter()
            .map(|item| match ctx.text(item).value {
                Text::Known(text) => Ok(Value::String(text)),
                Text::Secret(secret) => Ok(Value::String(secret.expose().to_owned())),
                Text::Deferred(pieces) => Err(too_late(ctx, "an item", &pieces, item.span)),
            })
            .collect::<Result<_, _>>()
            .map(|items| written_out(ctx, items))?,
        ParameterField::Expression(template) => items_of(ctx, ctx.evaluate(template, field.span).value, field.span)?,
    };
    let items = part(ctx, repeat, items);
    let size = number(ctx, repeat.partition_size.as_ref(), "`partitionSize`").filter(|size| *size > 0);
    Ok(match size {
        Some(size) => items
            .chunks(size)
            .enumerate()
            .map(|(index, chunk)| Instance {
                partition: Some(Value::List(chunk.to_vec())),
                ..Instance::plain(format!("_{index}"))
            })
            .collect(),
        None => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| Instance { item: Some(item), ..Instance::plain(format!("_{index}")) })
            .collect(),
    })
}

/// The default of an input is a text, which may write the list out: `<+input>.default(["a","b"])`.
fn written_out(ctx: &Ctx<'_>, items: Vec<Value>) -> Vec<Value> {
    let [Value::String(text)] = items.as_slice() else { return items };
    if !(text.starts_with('[') && text.ends_with(']')) {
        return items;
    }
    let list = Template::parse_expression(text).ok().and_then(|list| list.evaluate(&*ctx.names).ok());
    match list {
        Some(Evaluation::Ready { value: Value::List(listed), .. }) => listed,
        Some(Evaluation::Ready { .. } | Evaluation::Pending) | None => items,
    }
}

/// The items from `start` up to `end`, as indices or percentages.
fn part(ctx: &Ctx<'_>, repeat: &RepeatSpec, items: Vec<Value>) -> Vec<Value> {
    let percent =
        repeat.unit.as_ref().and_then(|unit| ctx.known(unit, "`unit`")).is_some_and(|unit| unit.value == "Percentage");
    let scale = |bound: usize| if percent { bound * items.len() / 100 } else { bound };
    let start = number(ctx, repeat.start.as_ref(), "`start`").map_or(0, scale);
    let end = number(ctx, repeat.end.as_ref(), "`end`").map_or(items.len(), scale);
    let length = end.saturating_sub(start);
    items.into_iter().skip(start).take(length).collect()
}

fn number(ctx: &Ctx<'_>, field: Option<&Int>, what: &str) -> Option<usize> {
    usize::try_from(ctx.int(field?, what)?.value).ok()
}
