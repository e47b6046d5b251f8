//! Objects as Java's `toString` writes them.

use super::Object;
use crate::{fault::Fault, value::java_float};

impl Object {
    /// `String.valueOf`: `[a, b]` for a list, `{k=v}` for a map, `1.0` for a whole float.
    ///
    /// Arrays, ranges and functions have a text with a number that changes from run to run: that is refused.
    pub(crate) fn java_text(&self) -> Result<String, Fault> {
        Ok(match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => java_float(*value),
            Self::Char(value) => value.to_string(),
            Self::Text(value) => value.to_string(),
            Self::List(items) => {
                let items = items.borrow().iter().map(Self::java_text).collect::<Result<Vec<_>, _>>()?;
                format!("[{}]", items.join(", "))
            }
            Self::Set(entries) => {
                let items: Result<Vec<_>, _> =
                    entries.borrow().ordered().map(|(key, _)| key.object().java_text()).collect();
                format!("[{}]", items?.join(", "))
            }
            Self::Map(entries) => {
                let entries: Result<Vec<_>, _> = entries
                    .borrow()
                    .ordered()
                    .map(|(key, value)| Ok(format!("{}={}", key.object().java_text()?, value.java_text()?)))
                    .collect();
                format!("{{{}}}", entries?.join(", "))
            }
            Self::Entry(entry) => format!("{}={}", entry.0.object().java_text()?, entry.1.java_text()?),
            Self::Array(_) | Self::Range(..) | Self::Function(_) => {
                return Err(Fault::refused(format!(
                    "Java's text of {} has a number that differs each time; a list made by `[…, ...]` has a stable text",
                    self.kind()
                )));
            }
        })
    }
}
