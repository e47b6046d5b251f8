//! Methods of numbers and booleans.

use crate::Value;

/// Calls the method, if there is one.
pub(super) fn call(value: &Value, name: &str, arguments: &[Value]) -> Option<Value> {
    match (value, name, arguments) {
        (Value::Int(number), "intValue" | "longValue", []) => Some(Value::Int(*number)),
        (Value::Int(number), "doubleValue" | "floatValue", []) => Some(Value::Float(*number as f64)),
        (Value::Float(number), "intValue" | "longValue", []) => Some(Value::Int(*number as i64)),
        (Value::Float(number), "doubleValue" | "floatValue", []) => Some(Value::Float(*number)),
        (Value::Bool(value), "booleanValue", []) => Some(Value::Bool(*value)),
        (Value::Int(left), "compareTo", [Value::Int(right)]) => Some(Value::Int(left.cmp(right) as i64)),
        _ => None,
    }
}
