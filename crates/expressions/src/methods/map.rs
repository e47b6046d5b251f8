//! Methods of maps.

use indexmap::IndexMap;

use crate::Value;

/// Calls the method, if there is one.
pub(super) fn call(entries: &IndexMap<String, Value>, name: &str, arguments: &[Value]) -> Option<Value> {
    match (name, arguments) {
        ("size", []) => Some(Value::Int(entries.len() as i64)),
        ("isEmpty", []) => Some(Value::Bool(entries.is_empty())),
        ("get", [key]) => Some(entries.get(&key.java_text()).cloned().unwrap_or(Value::Null)),
        ("getOrDefault", [key, default]) => Some(entries.get(&key.java_text()).unwrap_or(default).clone()),
        ("containsKey", [key]) => Some(Value::Bool(entries.contains_key(&key.java_text()))),
        ("containsValue", [value]) => Some(Value::Bool(entries.values().any(|other| other == value))),
        ("keySet", []) => Some(Value::List(entries.keys().map(|key| Value::String(key.clone())).collect())),
        ("values", []) => Some(Value::List(entries.values().cloned().collect())),
        _ => None,
    }
}
