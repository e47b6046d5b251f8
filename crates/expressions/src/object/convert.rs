//! Converts values of a scope or a functor to objects, and back.

use super::{Entries, Key, Object, range};
use crate::{Value, fault::Fault};

impl From<Value> for Object {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Float(value) => Self::Float(value),
            Value::String(value) => Self::from(value),
            Value::List(items) => Self::list(items.into_iter().map(Self::from).collect()),
            Value::Map(entries) => {
                let mut map = Entries::linked();
                for (key, value) in entries {
                    map.insert(Key::Text(key.into()), Self::from(value));
                }
                Self::map(map)
            }
        }
    }
}

impl Object {
    /// The value for use outside the expression: characters are text, arrays, sets and ranges are lists.
    pub(crate) fn value(&self) -> Result<Value, Fault> {
        let list = |items: Vec<Self>| items.iter().map(Self::value).collect::<Result<_, _>>().map(Value::List);
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Char(value) => Value::String(value.to_string()),
            Self::Text(value) => Value::String(value.to_string()),
            Self::Array(items) | Self::List(items) => {
                Value::List(items.borrow().iter().map(Self::value).collect::<Result<_, _>>()?)
            }
            Self::Set(entries) => list(entries.borrow().ordered().map(|(key, _)| key.object()).collect())?,
            Self::Range(from, to) => list(range(*from, *to))?,
            Self::Map(entries) => {
                let entries = entries.borrow();
                let entries = entries.ordered().map(|(key, value)| Ok((key.object().java_text()?, value.value()?)));
                Value::Map(entries.collect::<Result<_, Fault>>()?)
            }
            Self::Entry(entry) => Value::Map([(entry.0.object().java_text()?, entry.1.value()?)].into_iter().collect()),
            Self::Function(_) => return Err(Fault::refused("a function cannot be the value of a field")),
        })
    }
}
