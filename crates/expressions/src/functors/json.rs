//! `json.{object,select,list,format}`.

use super::json_path::JsonPath;
use crate::{Value, fault::Fault};

/// Calls the function, if there is one.
pub(super) fn call(method: &str, arguments: &[Value]) -> Result<Option<Value>, Fault> {
    Ok(Some(match (method, arguments) {
        ("object", [text]) => parsed(text)?,
        // The service returns a list's only item instead of the list if the path can match several.
        ("select", [Value::String(path), text]) => {
            let path = JsonPath::parse(path)?;
            match path.select(&parsed(text)?)? {
                Value::List(items) if !path.is_definite() && items.len() == 1 => {
                    items.into_iter().next().unwrap_or(Value::Null)
                }
                value => value,
            }
        }
        ("list", [Value::String(path), text]) => JsonPath::parse(path)?.select(&parsed(text)?)?,
        ("format", [value]) => Value::String(value.to_json().to_string()),
        _ => return Ok(None),
    }))
}

/// The value of a JSON text; lists and maps are used directly.
fn parsed(text: &Value) -> Result<Value, Fault> {
    match text {
        Value::String(text) => serde_json::from_str::<serde_json::Value>(text)
            .map(Value::from)
            .map_err(|error| Fault::value(format!("the text is not JSON: {error}"))),
        Value::List(_) | Value::Map(_) => Ok(text.clone()),
        Value::Null => Err(Fault::Null("the JSON text is null".to_owned())),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(text.clone()),
    }
}
