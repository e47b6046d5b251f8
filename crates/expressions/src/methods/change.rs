//! Methods that change a script's variable.

use crate::{Value, fault::Fault};

const CHANGING: [&str; 6] = ["add", "addAll", "clear", "put", "putAll", "remove"];

/// Whether the method `name` changes its list or map.
pub(crate) fn changes(name: &str) -> bool {
    CHANGING.contains(&name)
}

/// Calls a method that changes `target`, and gives what Java would answer.
pub(crate) fn change(target: &mut Value, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let kind = target.kind();
    let answer = match (target, name, arguments) {
        (Value::List(items), "add", [item]) => {
            items.push(item.clone());
            Value::Bool(true)
        }
        (Value::List(items), "addAll", [Value::List(more)]) => {
            items.extend(more.iter().cloned());
            Value::Bool(!more.is_empty())
        }
        (Value::List(items), "remove", [Value::Int(at)]) => match usize::try_from(*at) {
            Ok(at) if at < items.len() => items.remove(at),
            Ok(_) | Err(_) => return Err(Fault::value(format!("a list of {} has no position {at}", items.len()))),
        },
        (Value::List(items), "clear", []) => {
            items.clear();
            Value::Null
        }
        (Value::Map(entries), "put", [key, value]) => {
            entries.insert(key.java_text(), value.clone()).unwrap_or(Value::Null)
        }
        (Value::Map(entries), "putAll", [Value::Map(more)]) => {
            entries.extend(more.clone());
            Value::Null
        }
        (Value::Map(entries), "remove", [key]) => entries.shift_remove(&key.java_text()).unwrap_or(Value::Null),
        (Value::Map(entries), "clear", []) => {
            entries.clear();
            Value::Null
        }
        _ => return Err(Fault::value(format!("{kind} has no method `{name}` that takes these arguments"))),
    };
    Ok(answer)
}
