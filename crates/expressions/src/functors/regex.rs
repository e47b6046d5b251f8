//! `regex.{extract,replace,match}`.

use crate::{Value, fault::Fault, java_regex};

/// Calls the function, if there is one.
pub(super) fn call(method: &str, arguments: &[Value]) -> Result<Option<Value>, Fault> {
    Ok(Some(match (method, arguments) {
        // The first match that is not empty.
        ("extract", [Value::String(pattern), Value::String(text)]) => {
            let pattern = java_regex::anywhere(pattern)?;
            let mut found =
                pattern.find_all(text).filter(|found| found.as_ref().map_or(true, |found| found.end > found.start));
            found.next().transpose()?.map_or("", |found| &text[found.start..found.end]).into()
        }
        ("extract", [Value::String(_), Value::Null]) => "".into(),
        ("replace", [Value::String(pattern), Value::String(replacement), Value::String(text)]) => {
            Value::String(java_regex::anywhere(pattern)?.replace_all(text, replacement)?)
        }
        ("match", [Value::String(pattern), Value::String(text)]) => {
            Value::Bool(java_regex::anywhere(pattern)?.is_match(text)?)
        }
        _ => return Ok(None),
    }))
}
