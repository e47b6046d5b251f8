//! Finds the method that a name and its arguments mean.

use super::{list, map, number, string};
use crate::{Value, fault::Fault};

/// Calls the method `name` of `value`.
pub(crate) fn call(value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    if let Some(answer) = of_any(value, name, arguments) {
        return Ok(answer);
    }
    let answer = match value {
        Value::Null => return Err(Fault::Null(format!("null has no method `{name}`"))),
        Value::String(text) => string::call(text, name, arguments)?,
        Value::List(items) => list::call(items, name, arguments),
        Value::Map(entries) => map::call(entries, name, arguments),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => number::call(value, name, arguments),
    };
    answer.ok_or_else(|| unknown(value, name, arguments))
}

/// Methods that every object has.
fn of_any(value: &Value, name: &str, arguments: &[Value]) -> Option<Value> {
    match (value, name, arguments) {
        (Value::Null, ..) => None,
        (_, "toString", []) => Some(Value::String(value.java_text())),
        (_, "equals", [other]) => Some(Value::Bool(value == other)),
        _ => None,
    }
}

fn unknown(value: &Value, name: &str, arguments: &[Value]) -> Fault {
    let kinds: Vec<_> = arguments.iter().map(Value::kind).collect();
    let with = if kinds.is_empty() { "no arguments".to_owned() } else { kinds.join(", ") };
    Fault::value(format!("{} has no method `{name}` that takes {with}", value.kind()))
}
