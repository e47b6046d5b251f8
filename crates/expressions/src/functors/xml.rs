//! `xml.select`.

use super::xpath::{Document, XPath};
use crate::{Value, fault::Fault};

/// Calls the function, if there is one.
pub(super) fn call(method: &str, arguments: &[Value]) -> Result<Option<Value>, Fault> {
    match (method, arguments) {
        ("select", [Value::String(path), Value::String(text)]) => {
            let path = XPath::parse(path)?;
            let document =
                Document::parse(text).map_err(|error| Fault::value(format!("the text is not XML: {error}")))?;
            path.text(&document).map(|text| Some(Value::String(text)))
        }
        _ => Ok(None),
    }
}
