//! Operators on objects, with the coercions of JEXL 3.0's strict arithmetic.

mod compare;
mod number;
#[cfg(test)]
mod tests;

pub(crate) use compare::{contains, holds, starts_or_ends};

use self::{
    compare::{equal, ordered},
    number::{arithmetic, float, long, no_number, null},
};
use crate::{fault::Fault, object::Object, syntax::BinaryOp};

/// The result of an operator.
type Computed<T = Object> = Result<T, Fault>;

/// The longest range.
const MAX_RANGE: u64 = 100_000;

/// Applies a binary operator other than `&&` and `
///
/// `, which do not always evaluate both sides.
pub(super) fn binary(operator: BinaryOp, left: &Object, right: &Object) -> Computed {
    let boolean = match operator {
        BinaryOp::Range => return range(left, right),
        BinaryOp::Add => return add(left, right),
        BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => {
            return arithmetic(operator, left, right);
        }
        BinaryOp::BitAnd => return Ok(Object::Int(long(left)? & long(right)?)),
        BinaryOp::BitOr => return Ok(Object::Int(long(left)? | long(right)?)),
        BinaryOp::BitXor => return Ok(Object::Int(long(left)? ^ long(right)?)),
        BinaryOp::Or => truth(left)? || truth(right)?,
        BinaryOp::And => truth(left)? && truth(right)?,
        BinaryOp::Equal => equal(left, right)?,
        BinaryOp::NotEqual => !equal(left, right)?,
        BinaryOp::Less | BinaryOp::Greater | BinaryOp::LessOrEqual | BinaryOp::GreaterOrEqual => {
            ordered(operator, left, right)?
        }
        BinaryOp::Matches => contains(right, left)?,
        BinaryOp::NotMatches => !contains(right, left)?,
        BinaryOp::StartsWith => starts_or_ends(left, right, |text, edge| text.starts_with(edge))?,
        BinaryOp::NotStartsWith => !starts_or_ends(left, right, |text, edge| text.starts_with(edge))?,
        BinaryOp::EndsWith => starts_or_ends(left, right, |text, edge| text.ends_with(edge))?,
        BinaryOp::NotEndsWith => !starts_or_ends(left, right, |text, edge| text.ends_with(edge))?,
    };
    Ok(Object::Bool(boolean))
}

/// The truth of a condition.
pub(super) fn truth(value: &Object) -> Computed<bool> {
    value.truth().ok_or_else(null)
}

/// `size(value)`: null if it has no size.
pub(crate) fn size(value: &Object) -> Object {
    let size = match value {
        Object::Null => 0,
        Object::Bool(_)
        | Object::Int(_)
        | Object::Float(_)
        | Object::Char(_)
        | Object::Function(_)
        | Object::Entry(_) => return Object::Null,
        Object::Text(text) => text.encode_utf16().count(),
        Object::Array(items) | Object::List(items) => items.borrow().len(),
        Object::Set(entries) | Object::Map(entries) => entries.borrow().len(),
        Object::Range(from, to) => return Object::Int(to.abs_diff(*from) as i64 + 1),
    };
    Object::Int(size as i64)
}

/// `empty(value)`.
pub(crate) fn is_empty(value: &Object) -> bool {
    match value {
        Object::Null => true,
        Object::Int(_) | Object::Float(_) => value.truth() == Some(false),
        Object::Text(text) => text.is_empty(),
        Object::Array(items) | Object::List(items) => items.borrow().is_empty(),
        Object::Set(entries) | Object::Map(entries) => entries.borrow().len() == 0,
        Object::Bool(_) | Object::Char(_) | Object::Range(..) | Object::Function(_) | Object::Entry(_) => false,
    }
}

/// `-value`: of a number or a boolean; not of a text, even if it is a number.
pub(super) fn unary_minus(value: &Object) -> Computed {
    match value {
        Object::Int(number) => number.checked_neg().map(Object::Int).ok_or_else(number::too_large),
        Object::Float(number) => Ok(Object::Float(-number)),
        Object::Bool(value) => Ok(Object::Bool(!value)),
        Object::Null => Err(null()),
        other => Err(no_number(other)),
    }
}

/// `~value`.
pub(super) fn complement(value: &Object) -> Computed {
    long(value).map(|number| Object::Int(!number))
}

/// A text to be joined with another one: not-a-number is empty.
fn joined(value: &Object) -> Computed<String> {
    match value {
        Object::Null => Err(null()),
        Object::Float(number) if number.is_nan() => Ok(String::new()),
        other => other.java_text(),
    }
}

fn add(left: &Object, right: &Object) -> Computed {
    if left.is_null() || right.is_null() {
        return Err(null());
    }
    if matches!(left, Object::Text(_)) || matches!(right, Object::Text(_)) {
        return Ok(Object::from(joined(left)? + &joined(right)?));
    }
    arithmetic(BinaryOp::Add, left, right)
}

fn range(left: &Object, right: &Object) -> Computed {
    let (from, to) = (long(left)?, long(right)?);
    if from.abs_diff(to) >= MAX_RANGE {
        return Err(Fault::refused(format!("a range of more than {MAX_RANGE} numbers")));
    }
    Ok(Object::Range(from, to))
}
