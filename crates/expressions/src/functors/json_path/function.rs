//! Functions at the end of a JSONPath: `$.list.length()`.

use super::as_number;
use crate::{Value, fault::Fault};

/// Applies a function to the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Keys,
    Min,
    Max,
    Sum,
    Average,
    First,
    Last,
}

pub(super) const FUNCTIONS: [(&str, Function); 9] = [
    ("length", Function::Length),
    ("size", Function::Length),
    ("keys", Function::Keys),
    ("min", Function::Min),
    ("max", Function::Max),
    ("sum", Function::Sum),
    ("avg", Function::Average),
    ("first", Function::First),
    ("last", Function::Last),
];

impl Function {
    pub(super) fn is_of_numbers(self) -> bool {
        matches!(self, Self::Min | Self::Max | Self::Sum | Self::Average)
    }

    pub(super) fn apply(self, value: &Value) -> Result<Value, Fault> {
        let length = |length: usize| Value::Int(length as i64);
        Ok(match (self, value) {
            (Self::Length, Value::List(items)) => length(items.len()),
            (Self::Length, Value::Map(entries)) => length(entries.len()),
            (Self::Keys, Value::Map(entries)) => Value::List(entries.keys().map(|key| key.as_str().into()).collect()),
            (Self::First, Value::List(items)) => items.first().cloned().unwrap_or(Value::Null),
            (Self::Last, Value::List(items)) => items.last().cloned().unwrap_or(Value::Null),
            (Self::Min | Self::Max | Self::Sum | Self::Average, Value::List(items)) => self.of_numbers(items)?,
            (Self::Length | Self::Keys, _) => Value::Null,
            _ => return Err(Fault::value("the JSONPath's function is only for lists")),
        })
    }

    fn of_numbers(self, items: &[Value]) -> Result<Value, Fault> {
        let numbers: Vec<f64> = items.iter().filter_map(as_number).collect();
        if numbers.is_empty() {
            return Err(Fault::value("the JSONPath's function finds no numbers"));
        }
        Ok(Value::Float(match self {
            Self::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Average => numbers.iter().sum::<f64>() / numbers.len() as f64,
            _ => numbers.iter().sum(),
        }))
    }
}
