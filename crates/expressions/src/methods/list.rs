//! Methods of lists. JEXL gives arrays, such as `split` makes, the methods of a list.

use crate::Value;

/// Calls the method, if there is one.
pub(super) fn call(items: &[Value], name: &str, arguments: &[Value]) -> Option<Value> {
    let position = |found: Option<usize>| found.map_or(Value::Int(-1), |position| Value::Int(position as i64));
    match (name, arguments) {
        ("size", []) => Some(Value::Int(items.len() as i64)),
        ("isEmpty", []) => Some(Value::Bool(items.is_empty())),
        ("get", [Value::Int(at)]) => usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned(),
        ("contains", [item]) => Some(Value::Bool(items.contains(item))),
        ("containsAll", [Value::List(wanted)]) => Some(Value::Bool(wanted.iter().all(|item| items.contains(item)))),
        ("indexOf", [item]) => Some(position(items.iter().position(|other| other == item))),
        ("lastIndexOf", [item]) => Some(position(items.iter().rposition(|other| other == item))),
        ("subList", [Value::Int(from), Value::Int(to)]) => {
            let range = usize::try_from(*from).ok()?..usize::try_from(*to).ok()?;
            items.get(range).map(|part| Value::List(part.to_vec()))
        }
        ("toArray", []) => Some(Value::List(items.to_vec())),
        _ => None,
    }
}
