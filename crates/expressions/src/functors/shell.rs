//! `shell.{escape,quote,doubleQuote,enclose,escapeChars}`, for Bash.

use crate::{Value, fault::Fault};

/// The characters that `escape` puts a backslash before (expressions.escape).
const SPECIAL: &str = "'`$&()|;\"";

/// Calls the function, if there is one.
pub(super) fn call(method: &str, arguments: &[Value]) -> Result<Option<Value>, Fault> {
    let made = match (method, arguments) {
        ("escape", [Value::String(text)]) => escaped(text, SPECIAL),
        ("escapeChars", [Value::String(text), Value::String(characters)]) => escaped(text, characters),
        ("quote", [Value::String(text)]) => format!("'{text}'"),
        ("doubleQuote", [Value::String(text)]) => format!("\"{text}\""),
        ("enclose", [Value::String(enclosing), Value::String(text)]) => format!("{enclosing}{text}{enclosing}"),
        _ => return Ok(None),
    };
    Ok(Some(Value::String(made)))
}

fn escaped(text: &str, characters: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if characters.contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
