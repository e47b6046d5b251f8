//! Methods of text: those of `java.lang.String`.

use super::units::{byte_at, length, unit_at};
use crate::{Value, fault::Fault, functors, java_regex, value::MAX_TEXT};

type Answer = Result<Option<Value>, Fault>;

/// Calls the method, if there is one.
pub(super) fn call(text: &str, name: &str, arguments: &[Value]) -> Answer {
    if let Some(answer) = asking(text, name, arguments) {
        return Ok(Some(answer));
    }
    if let Some(answer) = changed(text, name, arguments)? {
        return Ok(Some(Value::String(answer)));
    }
    if let Some(answer) = by_pattern(text, name, arguments)? {
        return Ok(Some(answer));
    }
    functors::later(text, name, arguments)
}

/// Methods that ask about the text.
fn asking(text: &str, name: &str, arguments: &[Value]) -> Option<Value> {
    let position = |at: Option<usize>| Value::Int(at.map_or(-1, |at| unit_at(text, at)));
    Some(match (name, arguments) {
        ("length", []) => Value::Int(length(text) as i64),
        ("isEmpty", []) => Value::Bool(text.is_empty()),
        ("isBlank", []) => Value::Bool(text.trim().is_empty()),
        ("contains", [part]) => Value::Bool(text.contains(&part.java_text())),
        ("startsWith", [part]) => Value::Bool(text.starts_with(&part.java_text())),
        ("startsWith", [part, Value::Int(from)]) => {
            let at = byte_at(text, *from);
            Value::Bool(at.is_some_and(|at| text[at..].starts_with(&part.java_text())))
        }
        ("endsWith", [part]) => Value::Bool(text.ends_with(&part.java_text())),
        ("equalsIgnoreCase", [other]) => Value::Bool(text.to_lowercase() == other.java_text().to_lowercase()),
        ("contentEquals", [other]) => Value::Bool(text == other.java_text()),
        ("compareTo", [Value::String(other)]) => Value::Int(compare(text, other)),
        ("compareToIgnoreCase", [Value::String(other)]) => {
            Value::Int(compare(&text.to_lowercase(), &other.to_lowercase()))
        }
        ("indexOf", [part]) => position(text.find(&part.java_text())),
        ("indexOf", [part, Value::Int(from)]) => {
            let from = byte_at(text, (*from).max(0)).unwrap_or(text.len());
            position(text[from..].find(&part.java_text()).map(|at| from + at))
        }
        ("lastIndexOf", [part]) => position(text.rfind(&part.java_text())),
        ("hashCode", []) => Value::Int(hash(text)),
        ("intern", []) => Value::from(text),
        _ => return None,
    })
}

/// Methods that give another text.
fn changed(text: &str, name: &str, arguments: &[Value]) -> Result<Option<String>, Fault> {
    Ok(Some(match (name, arguments) {
        ("toLowerCase", []) => text.to_lowercase(),
        ("toUpperCase", []) => text.to_uppercase(),
        // `trim` takes away everything up to the blank, `strip` what Unicode calls white space.
        ("trim", []) => text.trim_matches(|c| c <= ' ').to_owned(),
        ("strip", []) => text.trim().to_owned(),
        ("stripLeading", []) => text.trim_start().to_owned(),
        ("stripTrailing", []) => text.trim_end().to_owned(),
        ("concat", [more]) => text.to_owned() + &more.java_text(),
        ("replace", [from, to]) => {
            let (from, to) = (from.java_text(), to.java_text());
            let most = text.matches(&from).count().saturating_mul(to.len()).saturating_add(text.len());
            if most > MAX_TEXT {
                return Err(too_long(name));
            }
            text.replace(&from, &to)
        }
        ("charAt", [Value::Int(at)]) => {
            let at = within(text, *at)?;
            text[at..].chars().next().map(String::from).ok_or_else(|| outside(text, at as i64))?
        }
        ("substring" | "subSequence", [Value::Int(from), Value::Int(to)]) => slice(text, *from, *to)?,
        ("substring", [Value::Int(from)]) => slice(text, *from, length(text) as i64)?,
        ("repeat", [Value::Int(times)]) => match usize::try_from(*times) {
            Ok(times) if times.saturating_mul(text.len()) <= MAX_TEXT => text.repeat(times),
            Ok(_) => return Err(too_long(name)),
            Err(_) => return Err(Fault::value("`repeat` needs a count of zero or more")),
        },
        _ => return Ok(None),
    }))
}

/// Methods that take a regular expression.
fn by_pattern(text: &str, name: &str, arguments: &[Value]) -> Answer {
    Ok(Some(match (name, arguments) {
        ("matches", [Value::String(pattern)]) => Value::Bool(java_regex::whole(pattern)?.is_match(text)),
        ("split", [Value::String(pattern)]) => split(text, pattern, 0)?,
        ("split", [Value::String(pattern), Value::Int(limit)]) => split(text, pattern, *limit)?,
        ("replaceAll" | "replaceFirst", [Value::String(pattern), Value::String(replacement)]) => {
            let pattern = java_regex::anywhere(pattern)?;
            Value::String(java_regex::replace(&pattern, text, replacement, name == "replaceFirst")?)
        }
        _ => return Ok(None),
    }))
}

/// The regular expression that a call takes, if it takes one.
pub(crate) fn pattern<'a>(name: &str, arguments: &'a [Value]) -> Option<&'a str> {
    match (name, arguments) {
        ("matches" | "split" | "replaceAll" | "replaceFirst", [Value::String(pattern), ..]) => Some(pattern),
        _ => None,
    }
}

fn split(text: &str, pattern: &str, limit: i64) -> Result<Value, Fault> {
    let pieces = java_regex::split(&java_regex::anywhere(pattern)?, text, limit);
    Ok(Value::List(pieces.into_iter().map(Value::String).collect()))
}

fn slice(text: &str, from: i64, to: i64) -> Result<String, Fault> {
    let (from, to) = (within(text, from)?, within(text, to)?);
    text.get(from..to).map(str::to_owned).ok_or_else(|| Fault::value("the text's end stands before its beginning"))
}

fn too_long(name: &str) -> Fault {
    Fault::refused(format!("`{name}` would make more than {MAX_TEXT} bytes"))
}

fn within(text: &str, unit: i64) -> Result<usize, Fault> {
    byte_at(text, unit).ok_or_else(|| outside(text, unit))
}

fn outside(text: &str, unit: i64) -> Fault {
    Fault::value(format!("a text of {} characters has no position {unit}", length(text)))
}

/// The difference of the first two units that differ, or of the lengths.
fn compare(left: &str, right: &str) -> i64 {
    let differing = left.encode_utf16().zip(right.encode_utf16()).find(|(left, right)| left != right);
    differing
        .map_or_else(|| length(left) as i64 - length(right) as i64, |(left, right)| i64::from(left) - i64::from(right))
}

fn hash(text: &str) -> i64 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into())).into()
}
