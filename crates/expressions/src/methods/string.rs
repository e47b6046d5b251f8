//! Methods of text: those of `java.lang.String`.

use super::units::{byte_at, length, unit_at};
use crate::{
    Value, evaluate,
    fault::Fault,
    functors, java_regex,
    object::{Key, Object},
    value::MAX_TEXT,
};

type Answer = Result<Option<Object>, Fault>;

/// Calls the method, if there is one.
pub(super) fn call(text: &str, name: &str, arguments: &[Object]) -> Answer {
    if let Some(answer) = asking(text, name, arguments) {
        return Ok(Some(answer));
    }
    if let Some(answer) = changed(text, name, arguments)? {
        return Ok(Some(Object::from(answer)));
    }
    if let Some(answer) = by_pattern(text, name, arguments)? {
        return Ok(Some(answer));
    }
    if let Some(answer) = by_arithmetic(text, name, arguments)? {
        return Ok(Some(answer));
    }
    let values: Option<Vec<Value>> = arguments.iter().map(|argument| argument.value().ok()).collect();
    let later = values.map_or(Ok(None), |values| functors::later(text, name, &values))?;
    Ok(later.map(Object::from))
}

/// Methods that query the text.
fn asking(text: &str, name: &str, arguments: &[Object]) -> Option<Object> {
    let position = |at: Option<usize>| Object::Int(at.map_or(-1, |at| unit_at(text, at)));
    let one = |code: i64| u32::try_from(code).ok().and_then(char::from_u32);
    Some(match (name, arguments) {
        ("length", []) => Object::Int(length(text) as i64),
        ("isEmpty", []) => Object::Bool(text.is_empty()),
        ("isBlank", []) => Object::Bool(text.trim().is_empty()),
        ("contains", [Object::Text(part)]) => Object::Bool(text.contains(&**part)),
        ("startsWith", [Object::Text(part)]) => Object::Bool(text.starts_with(&**part)),
        ("startsWith", [Object::Text(part), Object::Int(from)]) => {
            Object::Bool(byte_at(text, *from).is_some_and(|at| text[at..].starts_with(&**part)))
        }
        ("endsWith", [Object::Text(part)]) => Object::Bool(text.ends_with(&**part)),
        ("equalsIgnoreCase", [Object::Text(other)]) => Object::Bool(folded(text).eq(folded(other))),
        ("contentEquals", [Object::Text(other)]) => Object::Bool(text == &**other),
        ("compareTo", [Object::Text(other)]) => Object::Int(compare(text, other)),
        ("compareToIgnoreCase", [Object::Text(other)]) => {
            Object::Int(compare(&folded(text).collect::<String>(), &folded(other).collect::<String>()))
        }
        ("indexOf", [Object::Text(part)]) => position(text.find(&**part)),
        ("indexOf", [Object::Text(part), Object::Int(from)]) => {
            let from = byte_at(text, (*from).max(0)).unwrap_or(text.len());
            position(text[from..].find(&**part).map(|at| from + at))
        }
        ("lastIndexOf", [Object::Text(part)]) => position(text.rfind(&**part)),
        ("lastIndexOf", [Object::Text(part), Object::Int(from)]) => position(last_from(text, part, *from)),
        ("indexOf", [Object::Int(code)]) => position(one(*code).and_then(|character| text.find(character))),
        ("lastIndexOf", [Object::Int(code)]) => position(one(*code).and_then(|character| text.rfind(character))),
        ("codePointAt", [Object::Int(at)]) => {
            Object::Int(i64::from(text[byte_at(text, *at)?..].chars().next()? as u32))
        }
        ("hashCode", []) => Object::Int(Key::Text(text.into()).hash_code().into()),
        ("codePointCount", [Object::Int(from), Object::Int(to)]) => {
            Object::Int(text.get(byte_at(text, *from)?..byte_at(text, *to)?)?.chars().count() as i64)
        }
        ("regionMatches", [Object::Int(from), Object::Text(other), Object::Int(other_from), Object::Int(length)]) => {
            let region_of = |text, from| region(text, from, *length);
            Object::Bool(region_of(text, *from).is_some_and(|part| region_of(other, *other_from) == Some(part)))
        }
        ("getBytes", []) => Object::array(text.bytes().map(|byte| Object::Int((byte as i8).into())).collect()),
        ("intern", []) => Object::from(text),
        ("toCharArray", []) => Object::array(text.chars().map(Object::Char).collect()),
        _ => return None,
    })
}

/// A substring from a position, with a length.
fn region(text: &str, from: i64, length: i64) -> Option<&str> {
    text.get(byte_at(text, from)?..byte_at(text, from.checked_add(length)?)?)
}

/// The last position of `part` at or before unit `from`.
fn last_from(text: &str, part: &str, from: i64) -> Option<usize> {
    if from < 0 {
        return None;
    }
    let most = byte_at(text, from).unwrap_or(text.len());
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .take_while(|at| *at <= most)
        .filter(|at| text[*at..].starts_with(part))
        .last()
}

/// Each character as `equalsIgnoreCase` compares it.
fn folded(text: &str) -> impl Iterator<Item = char> {
    let single = |character: char, mut cased: std::char::ToUppercase| match (cased.next(), cased.next()) {
        (Some(only), None) => only,
        _ => character,
    };
    text.chars().map(move |character| single(character, character.to_uppercase())).map(|character| {
        let mut lower = character.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(only), None) => only,
            _ => character,
        }
    })
}

/// Methods that return another text.
fn changed(text: &str, name: &str, arguments: &[Object]) -> Result<Option<String>, Fault> {
    Ok(Some(match (name, arguments) {
        ("toLowerCase", []) => text.to_lowercase(),
        ("toUpperCase", []) => text.to_uppercase(),
        // `trim` removes everything up to the space character, `strip` Unicode's white space.
        ("trim", []) => text.trim_matches(|c| c <= ' ').to_owned(),
        ("strip", []) => text.trim().to_owned(),
        ("stripLeading", []) => text.trim_start().to_owned(),
        ("stripTrailing", []) => text.trim_end().to_owned(),
        ("concat", [Object::Text(more)]) => text.to_owned() + more,
        ("replace", [Object::Text(from), Object::Text(to)]) => replaced(text, from, to)?,
        ("replace", [Object::Char(from), Object::Char(to)]) => text.replace(*from, &to.to_string()),
        ("substring" | "subSequence", [Object::Int(from), Object::Int(to)]) => slice(text, *from, *to)?,
        ("substring", [Object::Int(from)]) => slice(text, *from, length(text) as i64)?,
        ("repeat", [Object::Int(times)]) => match usize::try_from(*times) {
            Ok(times) if times.saturating_mul(text.len()) <= MAX_TEXT => text.repeat(times),
            Ok(_) => return Err(too_long(name)),
            Err(_) => return Err(Fault::value("`repeat` needs a count of zero or more")),
        },
        _ => return Ok(None),
    }))
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String, Fault> {
    let most = text.matches(from).count().saturating_mul(to.len()).saturating_add(text.len());
    if most > MAX_TEXT {
        return Err(too_long("replace"));
    }
    Ok(text.replace(from, to))
}

/// Methods with a regular expression, and `charAt`.
fn by_pattern(text: &str, name: &str, arguments: &[Object]) -> Answer {
    Ok(Some(match (name, arguments) {
        ("charAt", [Object::Int(at)]) => {
            let from = within(text, *at)?;
            text[from..].chars().next().map(Object::Char).ok_or_else(|| outside(text, *at))?
        }
        ("matches", [Object::Text(pattern)]) => Object::Bool(java_regex::whole(pattern)?.is_match(text)?),
        ("split", [Object::Text(pattern)]) => split(text, pattern, 0)?,
        ("split", [Object::Text(pattern), Object::Int(limit)]) => split(text, pattern, *limit)?,
        ("replaceAll", [Object::Text(pattern), Object::Text(replacement)]) => {
            Object::from(java_regex::anywhere(pattern)?.replace_all(text, replacement)?)
        }
        ("replaceFirst", [Object::Text(pattern), Object::Text(replacement)]) => {
            Object::from(java_regex::anywhere(pattern)?.replace_first(text, replacement)?)
        }
        _ => return Ok(None),
    }))
}

/// JEXL's arithmetic has methods that `String` does not have: `'a'.contains(1)` is `1 =~ 'a'`.
fn by_arithmetic(text: &str, name: &str, arguments: &[Object]) -> Answer {
    let [other] = arguments else { return Ok(None) };
    let whole = Object::from(text);
    Ok(match name {
        "contains" if other.is_null() => return Err(Fault::value("`contains` does not accept null")),
        "contains" => Some(Object::Bool(evaluate::contains(&whole, other)?)),
        "startsWith" => {
            Some(Object::Bool(evaluate::starts_or_ends(&whole, other, |text, edge| text.starts_with(edge))?))
        }
        "endsWith" => Some(Object::Bool(evaluate::starts_or_ends(&whole, other, |text, edge| text.ends_with(edge))?)),
        _ => None,
    })
}

/// The regular expression in a call, if it has one.
pub(crate) fn pattern<'a>(name: &str, arguments: &'a [Object]) -> Option<&'a str> {
    match (name, arguments) {
        ("matches" | "split" | "replaceAll" | "replaceFirst", [Object::Text(pattern), ..]) => Some(pattern),
        _ => None,
    }
}

fn split(text: &str, pattern: &str, limit: i64) -> Result<Object, Fault> {
    let pieces = java_regex::anywhere(pattern)?.split(text, limit)?;
    Ok(Object::array(pieces.into_iter().map(Object::from).collect()))
}

fn slice(text: &str, from: i64, to: i64) -> Result<String, Fault> {
    let (from, to) = (within(text, from)?, within(text, to)?);
    text.get(from..to).map(str::to_owned).ok_or_else(|| Fault::value("the text's end is before its beginning"))
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

/// The difference of the first two different units, or of the lengths.
fn compare(left: &str, right: &str) -> i64 {
    let differing = left.encode_utf16().zip(right.encode_utf16()).find(|(left, right)| left != right);
    differing
        .map_or_else(|| length(left) as i64 - length(right) as i64, |(left, right)| i64::from(left) - i64::from(right))
}
