//! Variables of pipelines, stages and step groups, as names and as environment variables.

use cirun_diagnostics::Span;
use cirun_expressions::Value;
use cirun_parser::{
    ParameterField, Text,
    model::{Variable, VariableType},
};
use cirun_plan::{Cause, Origin, Text as PlanText, Traced};
use indexmap::IndexMap;

use super::{Ctx, Entry, Known, given};

/// The variables of a pipeline or stage, which every step gets as plain environment variables.
pub(crate) type Variables = Vec<(String, Span, Traced<PlanText>)>;

/// The variables by name, for expressions; texts keep their expressions, which the evaluator follows.
pub(crate) fn entries(ctx: &Ctx<'_>, variables: &[Variable]) -> IndexMap<String, Entry> {
    variables.iter().map(|variable| (variable.name.value.clone(), entry(ctx, variable))).collect()
}

/// The variables that every step gets.
pub(crate) fn environment(ctx: &Ctx<'_>, variables: &[Variable], overridable: bool) -> Variables {
    variables
        .iter()
        .filter_map(|variable| {
            let name = variable.name.value.clone();
            if overridable && let Some(text) = ctx.inputs.vars.get(&name) {
                let origin = Origin::new(Cause::Setting(format!("--var {name}")));
                return Some((name, variable.name.span, Traced::new(PlanText::Known(text.clone()), origin)));
            }
            let field = value_of(variable)?;
            let value = match variable.kind {
                VariableType::String | VariableType::Number => ctx.text(field),
                VariableType::Secret => {
                    let secret = ctx.secret_ref(field)?;
                    Traced::new(PlanText::Secret(secret.value), secret.origin)
                }
            };
            Some((name, field.span, value))
        })
        .collect()
}

/// The variables with expressions as values, evaluated in their own place; those that depend on a step are left out.
pub(crate) fn decided(variables: &[Variable], values: &Variables) -> IndexMap<String, Entry> {
    let is_expression = |name: &str| {
        let variable = variables.iter().find(|variable| variable.name.value == name);
        let field = variable.and_then(value_of).map(|field| &field.value);
        matches!(field, Some(ParameterField::Expression(_)))
    };
    let expressions = values.iter().filter(|(name, _, _)| is_expression(name));
    expressions
        .filter_map(|(name, _, value)| {
            let (text, secret) = match &value.value {
                PlanText::Known(text) => (text.clone(), false),
                PlanText::Secret(secret) => (secret.expose().to_owned(), true),
                PlanText::Deferred(_) => return None,
            };
            let cause = value.origin.causes().first().cloned();
            Some((name.clone(), Entry::Known(Known { value: Value::String(text), secret, cause })))
        })
        .collect()
}

/// The value of a variable, or its default if the value is empty.
fn value_of(variable: &Variable) -> Option<&Text> {
    given(variable.value.as_ref()).or(given(variable.default.as_ref())).or(variable.value.as_ref())
}

fn entry(ctx: &Ctx<'_>, variable: &Variable) -> Entry {
    let Some(field) = value_of(variable) else { return Entry::value(Value::Null) };
    let cause = ctx.written(field.span).causes().first().cloned();
    let source = match &field.value {
        ParameterField::Literal(text) => text.as_str(),
        ParameterField::Expression(template) => template.source(),
    };
    match variable.kind {
        VariableType::String => Entry::Known(Known { value: Value::String(source.to_owned()), secret: false, cause }),
        VariableType::Number => Entry::Known(Known { value: number(source), secret: false, cause }),
        VariableType::Secret => secret_entry(ctx, field, cause),
    }
}

/// A number, for calculations, if its text has the canonical form; the evaluator follows an expression.
fn number(source: &str) -> Value {
    let whole = source.parse().ok().map(Value::Int);
    let number = whole.or_else(|| source.parse().ok().map(Value::Float));
    number.filter(|number| number.render() == source).unwrap_or_else(|| Value::String(source.to_owned()))
}

fn secret_entry(ctx: &Ctx<'_>, field: &Text, cause: Option<Cause>) -> Entry {
    let secrets = ctx.names.secrets();
    let found =
        ctx.known(field, "a reference to a secret").and_then(|id| crate::scope::secrets::find(secrets, &id.value));
    if let Some(given) = &found {
        ctx.notes.secret(&given.value);
    }
    match found.or_else(|| secrets.stand_in()) {
        Some(given) => {
            Entry::Known(Known { value: Value::String(given.value.expose().to_owned()), secret: true, cause })
        }
        None => Entry::value(Value::Null),
    }
}
