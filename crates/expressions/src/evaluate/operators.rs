//! Operators on values, with the coercions of JEXL 3.0's strict arithmetic.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use crate::{Value, fault::Fault, java_regex, syntax::BinaryOp};

type Computed<T = Value> = Result<T, Fault>;

/// A range longer than this is refused.
const MAX_RANGE: usize = 100_000;

/// Applies a binary operator other than `&&` and `||`, which do not always need both sides.
pub(super) fn binary(operator: BinaryOp, left: &Value, right: &Value) -> Computed {
    let boolean = match operator {
        BinaryOp::Range => return range(left, right),
        BinaryOp::Add => return add(left, right),
        BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => {
            return arithmetic(operator, left, right);
        }
        BinaryOp::Or => truth(left)? || truth(right)?,
        BinaryOp::And => truth(left)? && truth(right)?,
        BinaryOp::Equal => equal(left, right)?,
        BinaryOp::NotEqual => !equal(left, right)?,
        BinaryOp::Less => ordered(left, right, Ordering::is_lt, false)?,
        BinaryOp::Greater => ordered(left, right, Ordering::is_gt, false)?,
        BinaryOp::LessOrEqual => ordered(left, right, Ordering::is_le, true)?,
        BinaryOp::GreaterOrEqual => ordered(left, right, Ordering::is_ge, true)?,
        BinaryOp::Matches => matches(left, right)?,
        BinaryOp::NotMatches => !matches(left, right)?,
        BinaryOp::StartsWith => edge(left, right, |text, edge| text.starts_with(edge))?,
        BinaryOp::NotStartsWith => !edge(left, right, |text, edge| text.starts_with(edge))?,
        BinaryOp::EndsWith => edge(left, right, |text, edge| text.ends_with(edge))?,
        BinaryOp::NotEndsWith => !edge(left, right, |text, edge| text.ends_with(edge))?,
    };
    Ok(Value::Bool(boolean))
}

/// The answer of a condition.
pub(super) fn truth(value: &Value) -> Computed<bool> {
    value.truth().ok_or_else(null)
}

/// `size(value)`.
pub(super) fn size(value: &Value) -> Computed {
    let size = match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
        Value::String(text) => text.encode_utf16().count(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
    };
    whole(Some(size))
}

/// `empty(value)`.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) => false,
        Value::Int(_) | Value::Float(_) => value.truth() == Some(false),
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    }
}

/// `-value`.
pub(super) fn unary_minus(value: &Value) -> Computed {
    match number(value)? {
        Number::Int(number) => whole(number.checked_neg()),
        Number::Float(number) => Ok(Value::Float(-number)),
    }
}

enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn float(&self) -> f64 {
        match self {
            Self::Int(number) => *number as f64,
            Self::Float(number) => *number,
        }
    }
}

fn null() -> Fault {
    Fault::Null("the operand is null".to_owned())
}

fn number(value: &Value) -> Computed<Number> {
    match value {
        Value::Null => Err(null()),
        Value::Bool(value) => Ok(Number::Int((*value).into())),
        Value::Int(number) => Ok(Number::Int(*number)),
        Value::Float(number) => Ok(Number::Float(*number)),
        Value::String(text) if text.is_empty() => Ok(Number::Int(0)),
        Value::String(text) => {
            let fraction = text.contains(['.', 'e', 'E']);
            let parsed =
                if fraction { text.parse().ok().map(Number::Float) } else { text.parse().ok().map(Number::Int) };
            parsed.ok_or_else(|| Fault::NotANumber(format!("`{text}` is not a number")))
        }
        Value::List(_) | Value::Map(_) => Err(Fault::NotANumber(format!("{} is not a number", value.kind()))),
    }
}

fn whole<T: TryInto<i64>>(number: Option<T>) -> Computed {
    let number = number.and_then(|number| number.try_into().ok());
    number.map(Value::Int).ok_or_else(|| Fault::refused("the number does not fit 64 bits"))
}

fn add(left: &Value, right: &Value) -> Computed {
    if matches!(left, Value::Null) || matches!(right, Value::Null) {
        return Err(null());
    }
    if matches!(left, Value::String(_)) || matches!(right, Value::String(_)) {
        return Ok(Value::String(left.java_text() + &right.java_text()));
    }
    arithmetic(BinaryOp::Add, left, right)
}

fn arithmetic(operator: BinaryOp, left: &Value, right: &Value) -> Computed {
    match (number(left)?, number(right)?) {
        (Number::Int(left), Number::Int(right)) => whole(match operator {
            BinaryOp::Add => left.checked_add(right),
            BinaryOp::Subtract => left.checked_sub(right),
            BinaryOp::Multiply => left.checked_mul(right),
            _ if right == 0 => return Err(Fault::value("division by zero")),
            BinaryOp::Divide => left.checked_div(right),
            _ => left.checked_rem(right),
        }),
        (left, right) => {
            let (left, right) = (left.float(), right.float());
            Ok(Value::Float(match operator {
                BinaryOp::Add => left + right,
                BinaryOp::Subtract => left - right,
                BinaryOp::Multiply => left * right,
                _ if right == 0.0 => return Err(Fault::value("division by zero")),
                BinaryOp::Divide => left / right,
                _ => left % right,
            }))
        }
    }
}

fn equal(left: &Value, right: &Value) -> Computed<bool> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(left == right),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => Ok(truth(left)? == truth(right)?),
        (Value::List(_) | Value::Map(_), Value::List(_) | Value::Map(_)) => Ok(left == right),
        _ => Ok(compare(left, right)? == Some(Ordering::Equal)),
    }
}

fn ordered(left: &Value, right: &Value, holds: fn(Ordering) -> bool, when_both_null: bool) -> Computed<bool> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(when_both_null),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        _ => Ok(compare(left, right)?.is_some_and(holds)),
    }
}

/// A number on either side makes it a comparison of numbers, otherwise text on either side one of texts.
fn compare(left: &Value, right: &Value) -> Computed<Option<Ordering>> {
    match (left, right) {
        (Value::Float(_), _) | (_, Value::Float(_)) => Ok(number(left)?.float().partial_cmp(&number(right)?.float())),
        (Value::Int(_), _) | (_, Value::Int(_)) => match (number(left)?, number(right)?) {
            (Number::Int(left), Number::Int(right)) => Ok(Some(left.cmp(&right))),
            (left, right) => Ok(left.float().partial_cmp(&right.float())),
        },
        (Value::String(_), _) | (_, Value::String(_)) => Ok(Some(left.java_text().cmp(&right.java_text()))),
        (Value::Bool(left), Value::Bool(right)) => Ok(Some(left.cmp(right))),
        _ => Err(Fault::value(format!("{} cannot be compared with {}", left.kind(), right.kind()))),
    }
}

/// `=~`: the right side is a Java regular expression, or a collection that may hold the left side.
fn matches(left: &Value, right: &Value) -> Computed<bool> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(left == right),
        (_, Value::String(pattern)) => Ok(java_regex::whole(pattern)?.is_match(&left.java_text())),
        (Value::List(wanted), Value::List(items)) => Ok(wanted.iter().all(|item| items.contains(item))),
        (_, Value::List(items)) => Ok(items.contains(left)),
        (_, Value::Map(entries)) => Ok(entries.contains_key(&left.java_text())),
        (_, Value::Bool(_) | Value::Int(_) | Value::Float(_)) => equal(left, right),
    }
}

fn edge(left: &Value, right: &Value, holds: fn(&str, &str) -> bool) -> Computed<bool> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(left == right),
        (Value::String(text), _) => Ok(holds(text, &right.java_text())),
        _ => equal(left, right),
    }
}

fn range(left: &Value, right: &Value) -> Computed {
    let (Number::Int(from), Number::Int(to)) = (number(left)?, number(right)?) else {
        return Err(Fault::value("a range needs whole numbers"));
    };
    let length = from.abs_diff(to);
    if length >= MAX_RANGE as u64 {
        return Err(Fault::refused(format!("a range of more than {MAX_RANGE} numbers")));
    }
    let numbers = from.min(to)..=from.max(to);
    Ok(Value::List(if from <= to {
        numbers.map(Value::Int).collect()
    } else {
        numbers.rev().map(Value::Int).collect()
    }))
}
