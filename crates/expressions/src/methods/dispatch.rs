//! Finds the method for a name and its arguments.

use super::{collection, list, map, number, string};
use crate::{fault::Fault, object::Object};

/// Methods that change their list, map or set.
const CHANGING: [&str; 12] = [
    "add",
    "addAll",
    "clear",
    "put",
    "putAll",
    "putIfAbsent",
    "remove",
    "removeAll",
    "replace",
    "retainAll",
    "set",
    "sort",
];

/// Methods of Java's objects whose result expressions cannot use.
const ONLY_JAVA: [&str; 8] =
    ["getClass", "chars", "codePoints", "lines", "stream", "parallelStream", "iterator", "describeConstable"];

/// Whether the method `name` may change its object.
pub(crate) fn changes(name: &str) -> bool {
    CHANGING.contains(&name)
}

/// Calls the method `name` of `value`.
pub(crate) fn call(value: &Object, name: &str, arguments: &[Object]) -> Result<Object, Fault> {
    if let Some(answer) = of_any(value, name, arguments)? {
        return Ok(answer);
    }
    let answer = match value {
        Object::Null => return Err(Fault::Null(format!("null has no method `{name}`"))),
        Object::Text(text) => string::call(text, name, arguments)?,
        Object::List(items) => list::call(items, name, arguments)?,
        Object::Array(items) => list::of_array(&items.borrow(), name, arguments)?,
        Object::Map(entries) => map::call(entries, name, arguments)?,
        Object::Set(entries) => collection::set(entries, name, arguments)?,
        Object::Range(..) => collection::range(value, name, arguments)?,
        Object::Bool(_) | Object::Int(_) | Object::Float(_) | Object::Char(_) => number::call(value, name, arguments)?,
        Object::Entry(entry) => match (name, arguments) {
            ("getKey", []) => Some(entry.0.object()),
            ("getValue", []) => Some(entry.1.clone()),
            _ => None,
        },
        Object::Function(_) => None,
    };
    answer.ok_or_else(|| unknown(value, name, arguments))
}

/// Methods of every object, and JEXL's results for methods that an object does not have.
fn of_any(value: &Object, name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    Ok(match (value, name, arguments) {
        (Object::Null, ..) => None,
        (_, "size", []) => Some(crate::evaluate::size(value)),
        (_, "empty", []) => Some(Object::Bool(crate::evaluate::is_empty(value))),
        (_, "toString", []) => Some(Object::from(value.java_text()?)),
        (_, "equals", [other]) => Some(Object::Bool(value.java_equals(other))),
        _ if ONLY_JAVA.contains(&name) => {
            return Err(Fault::refused(format!("the result of `{name}` is a Java object, which only the service has")));
        }
        _ => None,
    })
}

fn unknown(value: &Object, name: &str, arguments: &[Object]) -> Fault {
    let kinds: Vec<_> = arguments.iter().map(Object::kind).collect();
    let with = if kinds.is_empty() { "no arguments".to_owned() } else { kinds.join(", ") };
    let instead = match (value, name) {
        (Object::Array(_), "isEmpty") => ": JEXL has `empty(…)` and `size(…)` for arrays",
        (Object::Array(_), "add" | "addAll" | "remove" | "set" | "clear") => {
            ": an array has a fixed length, a list that can grow is written `[…, ...]`"
        }
        (_, "length") => ": JEXL has `size()`",
        _ => "",
    };
    Fault::value(format!("{} has no method `{name}` that takes {with}{instead}", value.kind()))
}
