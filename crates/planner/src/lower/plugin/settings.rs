//! A Plugin step's `settings` as variables (plugin.settings).

use cirun_diagnostics::{Span, Spanned};
use cirun_parser::{Node, ParameterField, Value};
use cirun_plan::{Cause, Text, Traced};
use serde_json::Value as Json;

use crate::{env::Env, scope::Ctx};

const RULE: &str = "plugin.settings";

/// Turns `settings` into `PLUGIN_*` variables: scalars as text, lists of scalars joined with commas, the rest as JSON.
pub(crate) fn variables(ctx: &Ctx<'_>, settings: &Node) -> Env {
    let mut env = Env::default();
    let Value::Map(entries) = &settings.value else { return env };
    for entry in entries {
        let name = format!("PLUGIN_{}", entry.key.value.to_uppercase());
        let value = value(ctx, &entry.value);
        env.set(name, Traced::new(value.value, value.origin.then(Cause::Mapping { rule: RULE })));
    }
    env
}

fn value(ctx: &Ctx<'_>, node: &Node) -> Traced<Text> {
    match &node.value {
        Value::Null => Traced::new(Text::from(""), ctx.written(node.span)),
        Value::Scalar { text, .. } => scalar(ctx, text, node.span),
        Value::List(items) if items.iter().all(|item| matches!(item.value, Value::Scalar { .. })) => {
            let texts = items.iter().map(|item| value(ctx, item).value);
            Traced::new(Text::join(texts, ","), ctx.written(node.span))
        }
        Value::List(_) | Value::Map(_) => Traced::new(json_text(ctx, node, 0), ctx.written(node.span)),
    }
}

fn scalar(ctx: &Ctx<'_>, text: &str, span: Span) -> Traced<Text> {
    let (template, _) = cirun_expressions::Template::parse(text);
    let value = match template.as_literal() {
        Some(literal) => ParameterField::Literal(literal.to_owned()),
        None => ParameterField::Expression(template),
    };
    ctx.text(&Spanned { value, span })
}

/// A structure as the service prints it: objects with a field per line, lists on one line (Jackson's default printer).
fn json_text(ctx: &Ctx<'_>, node: &Node, depth: usize) -> Text {
    match &node.value {
        Value::Null => Text::from("null"),
        Value::Scalar { text, plain, .. } => match scalar(ctx, text, node.span).value {
            Text::Known(text) if *plain => Text::Known(typed(&text).to_string()),
            Text::Known(text) => Text::Known(Json::String(text).to_string()),
            waiting @ (Text::Secret(_) | Text::Deferred(_)) => waiting.preceded_by("\"").followed_by("\""),
        },
        Value::List(items) if items.is_empty() => Text::from("[ ]"),
        Value::List(items) => {
            let items = items.iter().map(|item| json_text(ctx, item, depth));
            Text::join(items, ", ").preceded_by("[ ").followed_by(" ]")
        }
        Value::Map(entries) if entries.is_empty() => Text::from("{ }"),
        Value::Map(entries) => {
            let fields = entries.iter().map(|entry| {
                let key = Json::String(entry.key.value.clone());
                json_text(ctx, &entry.value, depth + 1).preceded_by(&format!("{}{key} : ", "  ".repeat(depth + 1)))
            });
            Text::join(fields, ",\n").preceded_by("{\n").followed_by(&format!("\n{}}}", "  ".repeat(depth)))
        }
    }
}

/// A plain YAML scalar with its JSON type.
fn typed(text: &str) -> Json {
    match text {
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Json::from(number),
            _ => match text.parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
                Some(number) if number.to_string() == text => Json::Number(number),
                _ => Json::String(text.to_owned()),
            },
        },
    }
}
