//! Amounts in the format of Kubernetes.

const MI: u64 = 1 << 20;

/// CPUs: `2`, `400m`.
pub(crate) fn cpus(nano: u64) -> String {
    match (nano % 1_000_000_000, nano / 1_000_000_000, nano / 1_000_000) {
        (0, whole, _) => whole.to_string(),
        (_, _, milli) => format!("{milli}m"),
    }
}

/// Memory: `500Mi`, or bytes if it is not a whole number of them.
pub(crate) fn memory(bytes: u64) -> String {
    if bytes > 0 && bytes.is_multiple_of(MI) { format!("{}Mi", bytes / MI) } else { bytes.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        assert_eq!((cpus(400_000_000), cpus(2_000_000_000)), ("400m".to_owned(), "2".to_owned()));
        assert_eq!((memory(500 * MI), memory(1_000_000)), ("500Mi".to_owned(), "1000000".to_owned()));
    }
}
