//! Kubernetes quantities: `500Mi`, `1G`, `400m`, `0.5` (infra.quantities).

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QuantityError {
    /// No number, or an unknown suffix.
    #[error("`{0}` is not a quantity")]
    Malformed(String),
    /// A space before the suffix, a common mistake.
    #[error("`{0}` has a space in it")]
    Space(String),
    /// Too large, or rounded to zero.
    #[error("`{0}` is out of range")]
    Range(String),
}

/// Suffixes and their factors.
const BINARY_AND_DECIMAL: &[(&str, f64)] = &[
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("k", 1e3),
    ("K", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("", 1.0),
];

/// Parses an amount of memory to bytes.
pub(crate) fn memory_bytes(text: &str) -> Result<u64, QuantityError> {
    parse(text, BINARY_AND_DECIMAL, 1.0)
}

/// Parses an amount of CPU to nano-CPUs.
pub(crate) fn nano_cpus(text: &str) -> Result<u64, QuantityError> {
    parse(text, &[("m", 1e-3), ("", 1.0)], 1e9)
}

fn parse(text: &str, suffixes: &[(&str, f64)], unit: f64) -> Result<u64, QuantityError> {
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, suffix) = trimmed.split_at(digits);
    let number: f64 = number.parse().map_err(|_| QuantityError::Malformed(text.to_owned()))?;
    let Some((_, factor)) = suffixes.iter().find(|(known, _)| *known == suffix) else {
        return Err(if suffixes.iter().any(|(known, _)| *known == suffix.trim_start()) {
            QuantityError::Space(text.to_owned())
        } else {
            QuantityError::Malformed(text.to_owned())
        });
    };
    let amount = (number * factor * unit).round();
    if (1.0..9e18).contains(&amount) { Ok(amount as u64) } else { Err(QuantityError::Range(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn memory() {
        let cases = [("500Mi", 524_288_000), ("1G", 1_000_000_000), ("1.5Gi", 1_610_612_736), ("1048576", 1_048_576)];
        for (text, bytes) in cases {
            assert_eq!(memory_bytes(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn cpu() {
        let cases = [("400m", 400_000_000), ("0.1", 100_000_000), ("2", 2_000_000_000)];
        for (text, nanos) in cases {
            assert_eq!(nano_cpus(text), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn mistakes_are_distinguished() {
        assert_eq!(memory_bytes("500 Mi"), Err(QuantityError::Space("500 Mi".to_owned())));
        assert_eq!(memory_bytes("abc"), Err(QuantityError::Malformed("abc".to_owned())));
        assert_eq!(memory_bytes("5Zi"), Err(QuantityError::Malformed("5Zi".to_owned())));
        assert_eq!(nano_cpus("500Mi"), Err(QuantityError::Malformed("500Mi".to_owned())));
        assert_eq!(nano_cpus("0"), Err(QuantityError::Range("0".to_owned())));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,12}") {
            let answers = (memory_bytes(&text).is_ok(), nano_cpus(&text).is_ok());
            prop_assert!(!text.trim().is_empty() || answers == (false, false));
        }

        #[test]
        fn mebibytes_scale(n in 1_u64..1_000_000) {
            prop_assert_eq!(memory_bytes(&format!("{n}Mi")), Ok(n * 1_048_576));
        }
    }
}
