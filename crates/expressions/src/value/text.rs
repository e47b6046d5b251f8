//! Values as Java's `toString` writes them.

use super::Value;

impl Value {
    /// What `toString()` gives: `[a, b]` for a list, `{k=v}` for a map, `1.0` for a whole float.
    pub(crate) fn java_text(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => java_float(*value),
            Self::String(value) => value.clone(),
            Self::List(items) => format!("[{}]", items.iter().map(Self::java_text).collect::<Vec<_>>().join(", ")),
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{key}={}", value.java_text()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

fn java_float(number: f64) -> String {
    // Double.toString: plain between 10^-3 and 10^7, otherwise with an exponent; always with a fraction.
    let size = number.abs();
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if number == 0.0 || number.is_nan() || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        Some(_) | None => text,
    }
}
