//! JSON bodies as the engine's decoder reads them (Go's `encoding/json`); others are refused. Pure.
//!
//! Go matches the name of a field in any case, and folds two more letters; of two keys for one field the last wins, or
//! both are merged. So the proxy rewrites what it checked under the engine's own names, and refuses a body that readers
//! could interpret differently.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::refusal::{MORE, Refusal};
use crate::SocketReach;

/// An object with the engine's names.
pub(super) type Object = Map<String, Value>;

/// Reads a body; an empty one is an empty object.
///
/// # Errors
/// A body that is not a single JSON object: bad UTF-8, too deep, duplicate keys, bytes after the end.
pub(super) fn read(bytes: &[u8]) -> Result<Object, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Object::new());
    }
    match serde_json::from_slice::<Strict>(bytes) {
        Ok(Strict(Value::Object(object))) => Ok(object),
        Ok(Strict(Value::Null)) => Ok(Object::new()),
        Ok(_) => Err(Refusal::bad("the request's body is not a JSON object")),
        Err(error) => Err(Refusal::bad(format_args!("the request's body cannot be read: {error}"))),
    }
}

/// A key as Go compares it: in lower case, with letters that Unicode folds to an ASCII letter replaced.
fn folded(key: &str) -> String {
    let fold = |character| match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    key.chars().map(fold).collect()
}

/// A field that the proxy knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The engine's name for it.
    pub(super) name: &'static str,
    /// The values to accept.
    pub(super) values: Values,
}

/// The values of a field that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// All.
    Any,
    /// All that the caller accepts.
    Checked,
    /// Only the default, unless the socket is open; with the effect of other values.
    Default(&'static str),
    /// Only absence, because an empty list has a meaning; with the effect of other values.
    Absent(&'static str),
}

/// A field that accepts any value.
pub(super) const fn any(name: &'static str) -> Field {
    Field { name, values: Values::Any }
}

/// A field whose value the caller checks.
pub(super) const fn checked(name: &'static str) -> Field {
    Field { name, values: Values::Checked }
}

/// A field that must keep its default, because otherwise it `does` this.
pub(super) const fn default(name: &'static str, does: &'static str) -> Field {
    Field { name, values: Values::Default(does) }
}

/// The object with its known fields under the engine's names.
///
/// # Errors
/// A duplicate field, an unknown field with a value, or a field with a value that is not allowed.
pub(super) fn known(object: Object, what: &str, fields: &[Field], reach: SocketReach) -> Result<Object, Refusal> {
    let mut found = Object::new();
    for (key, value) in object {
        let folded_key = folded(&key);
        let Some(field) = fields.iter().find(|field| folded(field.name) == folded_key) else {
            if is_default(&value) {
                continue;
            }
            return Err(Refusal::forbidden(format_args!("{what} with `{key}`"), "the proxy does not know it"));
        };
        match (field.values, reach) {
            (Values::Any | Values::Checked, _) | (Values::Default(_) | Values::Absent(_), SocketReach::Open) => {}
            (Values::Default(_), SocketReach::Limited) if is_default(&value) => {}
            (Values::Absent(_), SocketReach::Limited) if value.is_null() => {}
            (Values::Default(does) | Values::Absent(does), SocketReach::Limited) => {
                let reason = format!("it {does}; {MORE}");
                return Err(Refusal::forbidden(format_args!("{what} with `{}`", field.name), &reason));
            }
        }
        if found.insert(field.name.to_owned(), value).is_some() {
            return Err(Refusal::bad(format_args!("{what} gives `{}` twice", field.name)));
        }
    }
    Ok(found)
}

/// Removes an object from a field; an absent one is empty.
///
/// # Errors
/// A value that is not an object.
pub(super) fn object_of(object: &mut Object, name: &str) -> Result<Object, Refusal> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(Object::new()),
        Some(Value::Object(inner)) => Ok(inner),
        Some(_) => Err(not_a(name, "an object")),
    }
}

/// Removes a list from a field; an absent one is empty.
///
/// # Errors
/// A value that is not a list.
pub(super) fn list_of(object: &mut Object, name: &str) -> Result<Vec<Value>, Refusal> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(not_a(name, "a list")),
    }
}

/// The texts of a list.
///
/// # Errors
/// A value that is not a list of texts.
pub(super) fn texts_of(object: &Object, name: &str) -> Result<Vec<String>, Refusal> {
    let list = match object.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(not_a(name, "a list")),
    };
    let texts =
        list.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(|| not_a(name, "a list of texts")));
    texts.collect()
}

/// The text of a field; an absent one is empty.
///
/// # Errors
/// A value that is not a text.
pub(super) fn text_of<'o>(object: &'o Object, name: &str) -> Result<&'o str, Refusal> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(not_a(name, "a text")),
    }
}

fn not_a(name: &str, what: &str) -> Refusal {
    Refusal::bad(format_args!("`{name}` is not {what}"))
}

/// Whether Go would read the same value without the key.
fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.values().all(is_default),
    }
}

/// A JSON value without duplicate keys.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some((key, Strict(value))) = map.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{key}` is given twice")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_that_two_readers_could_read_differently_are_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for body in [
            &b"{\"a\":1}}"[..],
            b"{}{}",
            b"{\"a\":1,\"a\":2}",
            b"{\"a\":{\"b\":1,\"b\":1}}",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":1e999}",
            b"[]",
            b"7",
            b"{",
            deep.as_bytes(),
        ] {
            assert!(read(body).is_err(), "{}", String::from_utf8_lossy(body));
        }
        for empty in [&b""[..], b" \r\n", b"null", b"{}"] {
            assert_eq!(read(empty), Ok(Object::new()));
        }
    }

    #[test]
    fn names_are_matched_as_go_does() {
        const FIELDS: [Field; 3] = [any("HostConfig"), default("Privileged", "bites"), checked("Links")];
        let names = |value: Value, reach| {
            let Value::Object(object) = value else { panic!("{value}") };
            known(object, "a thing", &FIELDS, reach)
        };
        for key in ["HostConfig", "hostconfig", "HOSTCONFIG", "Ho\u{17f}tConfig"] {
            let found = names(json!({key: 1}), SocketReach::Limited).unwrap();
            assert_eq!(found.get("HostConfig"), Some(&json!(1)), "{key}");
        }
        assert_eq!(folded("Lin\u{212a}s"), "links");
        // Unknown and forbidden fields may have their default value; they are then removed or kept.
        assert_eq!(names(json!({"New": {"a": [], "b": 0}}), SocketReach::Limited), Ok(Object::new()));
        assert!(names(json!({"New": 1}), SocketReach::Open).is_err());
        assert!(names(json!({"privileged": false}), SocketReach::Limited).is_ok());
        assert!(names(json!({"privileged": true}), SocketReach::Limited).unwrap_err().message.contains("it bites"));
        assert!(names(json!({"privileged": true}), SocketReach::Open).is_ok());
        let twice = names(json!({"Links": [], "links": []}), SocketReach::Limited).unwrap_err();
        assert_eq!((twice.status, twice.message.contains("`Links` twice")), (400, true), "{twice}");
    }
}
