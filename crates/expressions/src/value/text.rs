//! Numbers in Java's format.

/// `Double.toString`.
pub(crate) fn java_float(number: f64) -> String {
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
