//! Methods of numbers, booleans and characters.

use crate::{
    fault::Fault,
    object::{Key, Object},
};

/// Calls the method, if there is one.
pub(super) fn call(value: &Object, name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    Ok(Some(match (value, name, arguments) {
        (Object::Int(number), "intValue", []) => Object::Int((*number as i32).into()),
        (Object::Int(number), "shortValue", []) => Object::Int((*number as i16).into()),
        (Object::Int(number), "byteValue", []) => Object::Int((*number as i8).into()),
        (Object::Int(number), "longValue", []) => Object::Int(*number),
        (Object::Int(number), "doubleValue", []) => Object::Float(*number as f64),
        (Object::Int(number), "floatValue", []) => single(*number as f64)?,
        (Object::Float(number), "intValue", []) => Object::Int((*number as i32).into()),
        (Object::Float(number), "shortValue", []) => Object::Int((*number as i32 as i16).into()),
        (Object::Float(number), "byteValue", []) => Object::Int((*number as i32 as i8).into()),
        (Object::Float(number), "longValue", []) => Object::Int(*number as i64),
        (Object::Float(number), "doubleValue", []) => Object::Float(*number),
        (Object::Float(number), "floatValue", []) => single(*number)?,
        (Object::Float(number), "isNaN", []) => Object::Bool(number.is_nan()),
        (Object::Float(number), "isInfinite", []) => Object::Bool(number.is_infinite()),
        (Object::Bool(value), "booleanValue", []) => Object::Bool(*value),
        (Object::Char(character), "charValue", []) => Object::Char(*character),
        (Object::Int(left), "compareTo", [Object::Int(right)]) if is_long(*left) == is_long(*right) => {
            Object::Int(left.cmp(right) as i64)
        }
        (Object::Bool(left), "compareTo", [Object::Bool(right)]) => Object::Int(left.cmp(right) as i64),
        (Object::Float(left), "compareTo", [Object::Float(right)]) => Object::Int(left.total_cmp(right) as i64),
        (Object::Char(left), "compareTo", [Object::Char(right)]) => {
            Object::Int(i64::from(*left as u32) - i64::from(*right as u32))
        }
        (_, "hashCode", []) => Object::Int(Key::of(value)?.hash_code().into()),
        // JEXL's arithmetic may have methods that a value does not have.
        (_, "isEmpty", []) => Object::Bool(crate::evaluate::is_empty(value)),
        _ => return Ok(None),
    }))
}

/// A `Float`: only without a loss of precision, because its text would be different.
fn single(number: f64) -> Result<Object, Fault> {
    if f64::from(number as f32) == number {
        return Ok(Object::Float(number));
    }
    Err(Fault::refused("only the service has a `Float` that is not exactly the number"))
}

/// Whether Java's class of the number is certainly `Long`, which does not compare with `Integer`.
fn is_long(number: i64) -> bool {
    i32::try_from(number).is_err()
}
