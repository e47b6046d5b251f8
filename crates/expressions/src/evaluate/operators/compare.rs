//! `==`, the order of values, `=~`, `=^` and `=$`.

use std::cmp::Ordering;

use super::{Computed, float, joined, long, truth};
use crate::{
    fault::Fault,
    java_regex,
    object::{Key, Object},
    syntax::BinaryOp,
};

/// `==`: compares as booleans if either side is one, else as numbers, else as texts.
pub(super) fn equal(left: &Object, right: &Object) -> Computed<bool> {
    match (left, right) {
        _ if left.is_same_object(right) => Ok(true),
        (Object::Null, _) | (_, Object::Null) => Ok(false),
        (Object::Bool(_), _) | (_, Object::Bool(_)) => Ok(truth(left)? == truth(right)?),
        // Java's text of these contains an unpredictable number.
        (Object::Array(_) | Object::Range(..) | Object::Function(_), Object::Text(_))
        | (Object::Text(_), Object::Array(_) | Object::Range(..) | Object::Function(_)) => Ok(false),
        _ => Ok(match compare(left, right)? {
            Some(order) => order.is_eq(),
            None => left.java_equals(right),
        }),
    }
}

/// `< > <= >=`.
pub(super) fn ordered(operator: BinaryOp, left: &Object, right: &Object) -> Computed<bool> {
    let or_equal = matches!(operator, BinaryOp::LessOrEqual | BinaryOp::GreaterOrEqual);
    if left.is_same_object(right) {
        return Ok(or_equal);
    }
    if left.is_null() || right.is_null() {
        return Ok(false);
    }
    let order = match (compare(left, right)?, left, right) {
        (Some(order), ..) => order,
        (None, Object::Bool(left), Object::Bool(right)) => left.cmp(right),
        _ => return Err(Fault::value(format!("{} cannot be compared with {}", left.kind(), right.kind()))),
    };
    Ok(match operator {
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessOrEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// The order of two values if one is a number or text; next to a whole number, text must be a whole number too.
fn compare(left: &Object, right: &Object) -> Computed<Option<Ordering>> {
    match (left, right) {
        (Object::Float(_), _) | (_, Object::Float(_)) => {
            let (left, right) = (float(left)?, float(right)?);
            // A value that is not a number is less than any number, and equal to itself.
            Ok(Some(left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))))
        }
        (Object::Int(_) | Object::Char(_), _) | (_, Object::Int(_) | Object::Char(_)) => {
            Ok(Some(long(left)?.cmp(&long(right)?)))
        }
        (Object::Text(_), _) | (_, Object::Text(_)) => {
            let (left, right) = (joined(left)?, joined(right)?);
            Ok(Some(left.encode_utf16().cmp(right.encode_utf16())))
        }
        _ => Ok(None),
    }
}

/// `value =~ container`: a Java regular expression for the whole text, or a collection that may contain the value.
pub(crate) fn contains(container: &Object, value: &Object) -> Computed<bool> {
    if container.is_null() || value.is_null() {
        return Ok(container.is_null() && value.is_null());
    }
    match (container, value) {
        (Object::Text(pattern), _) => Ok(java_regex::whole(pattern)?.is_match(&value.java_text()?)?),
        (Object::Map(entries), Object::Map(wanted)) => {
            Ok(wanted.borrow().ordered().all(|(key, _)| entries.borrow().contains(key)))
        }
        (Object::Map(entries), _) => Ok(Key::of(value).is_ok_and(|key| entries.borrow().contains(&key))),
        (
            Object::List(_) | Object::Set(_) | Object::Range(..),
            Object::List(_) | Object::Set(_) | Object::Range(..),
        ) => {
            let wanted = value.items().unwrap_or_default();
            Ok(wanted.iter().all(|item| holds(container, item)))
        }
        (Object::List(_) | Object::Set(_) | Object::Range(..) | Object::Array(_), _) => Ok(holds(container, value)),
        _ => equal(container, value),
    }
}

/// `container.contains(value)` of a collection.
pub(crate) fn holds(container: &Object, value: &Object) -> bool {
    match (container, value) {
        (Object::Range(from, to), Object::Int(number)) => (*from.min(to)..=*from.max(to)).contains(number),
        (Object::Range(from, to), Object::Float(number)) => (*from.min(to)..=*from.max(to)).contains(&(*number as i64)),
        (Object::Range(..), _) => false,
        _ => container.items().is_some_and(|items| items.iter().any(|item| item.java_equals(value))),
    }
}

/// `=^` and `=$`: values other than text are compared with `==`.
pub(crate) fn starts_or_ends(left: &Object, right: &Object, holds: fn(&str, &str) -> bool) -> Computed<bool> {
    match (left, right) {
        (Object::Null, _) | (_, Object::Null) => Ok(left.is_null() && right.is_null()),
        (Object::Text(_), Object::Array(_) | Object::Range(..) | Object::Function(_)) => Ok(false),
        (Object::Text(text), _) => Ok(holds(text, &joined(right)?)),
        _ => equal(left, right),
    }
}
