//! Objects as numbers.

use super::Computed;
use crate::{fault::Fault, object::Object, syntax::BinaryOp};

pub(super) fn null() -> Fault {
    Fault::Null("the operand is null".to_owned())
}

pub(super) fn no_number(value: &Object) -> Fault {
    match value {
        Object::Text(text) => Fault::NotANumber(format!("`{text}` is not a number")),
        other => Fault::NotANumber(format!("{} is not a number", other.kind())),
    }
}

pub(super) fn too_large() -> Fault {
    Fault::refused("the number does not fit 64 bits")
}

/// `+ - * / %`: with fractions if one side has one, otherwise with whole numbers.
pub(super) fn arithmetic(operator: BinaryOp, left: &Object, right: &Object) -> Computed {
    if left.is_null() || right.is_null() {
        return Err(null());
    }
    let by_zero = || Fault::value("division by zero");
    if has_fraction(left) || has_fraction(right) {
        let (left, right) = (float(left)?, float(right)?);
        return Ok(Object::Float(match operator {
            BinaryOp::Add => left + right,
            BinaryOp::Subtract => left - right,
            BinaryOp::Multiply => left * right,
            _ if right == 0.0 => return Err(by_zero()),
            BinaryOp::Divide => left / right,
            _ => left % right,
        }));
    }
    let (left, right) = (whole(left)?, whole(right)?);
    let number = match operator {
        BinaryOp::Add => left.checked_add(right),
        BinaryOp::Subtract => left.checked_sub(right),
        BinaryOp::Multiply => left.checked_mul(right),
        _ if right == 0 => return Err(by_zero()),
        BinaryOp::Divide => left.checked_div(right),
        // `BigInteger.mod`: never negative, and not defined for a negative modulus.
        _ if right < 0 => return Err(Fault::value("the right side of `%` is negative")),
        _ => left.checked_rem_euclid(right),
    };
    number.and_then(|number| i64::try_from(number).ok()).map(Object::Int).ok_or_else(too_large)
}

/// Whether the arithmetic uses fractions: text does, if it looks like a fraction.
fn has_fraction(value: &Object) -> bool {
    match value {
        Object::Float(_) => true,
        Object::Text(text) => text.contains(['.', 'e', 'E']) && looks_like_fraction(text),
        _ => false,
    }
}

/// `[+-]?\d*(\.\d*)?([eE]?[+-]?\d*)?`, as a whole.
fn looks_like_fraction(text: &str) -> bool {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let rest = &rest[digits(rest)..];
    let rest = rest.strip_prefix('.').map_or(rest, |fraction| &fraction[digits(fraction)..]);
    let rest = rest.strip_prefix(['e', 'E']).unwrap_or(rest);
    let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    digits(rest) == rest.len()
}

/// `toDouble`.
pub(super) fn float(value: &Object) -> Computed<f64> {
    match value {
        Object::Null => Err(null()),
        Object::Bool(value) => Ok(f64::from(u8::from(*value))),
        Object::Int(number) => Ok(*number as f64),
        Object::Float(number) => Ok(*number),
        Object::Char(character) => Ok(f64::from(*character as u32)),
        Object::Text(text) if text.is_empty() => Ok(f64::NAN),
        Object::Text(text) => parse_double(text).ok_or_else(|| no_number(value)),
        other => Err(no_number(other)),
    }
}

/// `Double.parseDouble`, except for hexadecimal numbers.
fn parse_double(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|c| c <= ' ');
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    match unsigned {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(if trimmed.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        _ if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => return None,
        _ => {}
    }
    trimmed.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(trimmed).parse().ok()
}

/// `toLong`.
pub(super) fn long(value: &Object) -> Computed<i64> {
    match value {
        Object::Text(text) if !text.is_empty() => text.parse().map_err(|_| no_number(value)),
        other => whole(other).and_then(|number| i64::try_from(number).map_err(|_| too_large())),
    }
}

/// `toBigInteger`, up to 128 bits.
fn whole(value: &Object) -> Computed<i128> {
    match value {
        Object::Null => Err(null()),
        Object::Bool(value) => Ok(i128::from(*value)),
        Object::Int(number) => Ok(i128::from(*number)),
        // Truncates the fraction; a value that is not a number is zero.
        Object::Float(number) => Ok(i128::from(*number as i64)),
        Object::Char(character) => Ok(i128::from(*character as u32)),
        Object::Text(text) if text.is_empty() => Ok(0),
        Object::Text(text) => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(no_number(value));
            }
            text.parse().map_err(|_| too_large())
        }
        other => Err(no_number(other)),
    }
}
