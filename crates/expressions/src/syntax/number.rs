//! Number literals.

/// A number of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
    /// A whole number of more than 64 bits, without its base.
    Large {
        digits: String,
        base: u32,
    },
    /// `1.5b`: exact decimals.
    Decimal,
}

/// Parses the number at the start of `text`, and returns its length in bytes: the longest that JEXL's grammar accepts.
///
/// `0x` is hexadecimal, a leading zero octal. The suffixes `l` and `h` are for whole numbers, `d`, `f` and `b` for
/// fractions.
pub(super) fn number(text: &str) -> Option<(Number, usize)> {
    let digits = count(text, |byte| byte.is_ascii_digit());
    if digits == 0 {
        return None;
    }
    let real = real(text, digits);
    let (whole, length) = whole(text, digits);
    Some(match real {
        Some(real) if real > length => (fraction(&text[..real]), real),
        Some(_) | None => (whole, length),
    })
}

fn count(text: &str, holds: fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| holds(*byte)).count()
}

fn whole(text: &str, digits: usize) -> (Number, usize) {
    let hexadecimal = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .map(|rest| count(rest, |byte| byte.is_ascii_hexdigit()));
    let (from, to, base) = match hexadecimal {
        Some(length) if length > 0 => (2, 2 + length, 16),
        Some(_) | None if text.starts_with('0') => (0, 1 + count(&text[1..], |byte| (b'0'..=b'7').contains(&byte)), 8),
        Some(_) | None => (0, digits, 10),
    };
    let suffix = usize::from(text[to..].starts_with(['l', 'L', 'h', 'H']));
    let number = i64::from_str_radix(&text[from..to], base)
        .map_or_else(|_| Number::Large { digits: text[from..to].to_owned(), base }, Number::Int);
    (number, to + suffix)
}

/// The length of a number with a fraction: digits on both sides of the point, or a suffix.
fn real(text: &str, digits: usize) -> Option<usize> {
    let exponent = |at: usize| {
        let rest = text[at..].strip_prefix(['e', 'E'])?;
        let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let length = count(unsigned, |byte| byte.is_ascii_digit());
        (length > 0).then_some(text.len() - unsigned.len() + length)
    };
    let suffix = |at: usize| text[at..].starts_with(['d', 'D', 'f', 'F', 'b', 'B']).then_some(at + 1);
    let after_point = text[digits..].strip_prefix('.').map(|rest| count(rest, |byte| byte.is_ascii_digit()));
    match after_point {
        Some(length) if length > 0 => {
            let end = digits + 1 + length;
            let end = exponent(end).unwrap_or(end);
            Some(suffix(end).unwrap_or(end))
        }
        point => {
            let end = digits + usize::from(point.is_some());
            suffix(exponent(end).unwrap_or(end))
        }
    }
}

fn fraction(text: &str) -> Number {
    let written = text.trim_end_matches(['d', 'D', 'f', 'F', 'b', 'B']);
    match text.as_bytes().last() {
        Some(b'b' | b'B') => Number::Decimal,
        // A `Float` calculates as the double with its shortest text.
        Some(b'f' | b'F') => written
            .parse::<f32>()
            .ok()
            .and_then(|single| single.to_string().parse().ok())
            .map_or(Number::Decimal, Number::Float),
        Some(_) | None => written.parse().map_or(Number::Decimal, Number::Float),
    }
}
