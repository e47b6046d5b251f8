//! Harness durations: `10m`, `1h30m`, `1d 1h` (documents.durations).

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a duration: write whole numbers with `w`, `d`, `h`, `m` or `s`, such as `10m` or `1h 30m`")]
pub struct ParseDurationError {
    /// The text.
    pub text: String,
}

/// Parses a duration; the empty text is unset.
pub fn parse_duration(text: &str) -> Result<Option<Duration>, ParseDurationError> {
    let error = || ParseDurationError { text: text.to_owned() };
    let mut seconds = 0_u64;
    let mut number: Option<u64> = None;
    for character in text.trim().chars() {
        match character {
            '0'..='9' => {
                let digit = u64::from(character as u32 - '0' as u32);
                let next = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit));
                number = Some(next.ok_or_else(error)?);
            }
            'w' | 'd' | 'h' | 'm' | 's' => {
                let unit = match character {
                    'w' => 604_800,
                    'd' => 86_400,
                    'h' => 3_600,
                    'm' => 60,
                    _ => 1,
                };
                let part = number.take().and_then(|n| n.checked_mul(unit)).ok_or_else(error)?;
                seconds = seconds.checked_add(part).ok_or_else(error)?;
            }
            ' ' if number.is_none() => {}
            _ => return Err(error()),
        }
    }
    match (number, text.trim().is_empty()) {
        (Some(_), _) => Err(error()),
        (None, true) => Ok(None),
        (None, false) => Ok(Some(Duration::from_secs(seconds))),
    }
}
