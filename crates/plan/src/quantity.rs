//! Amounts in the format of Kubernetes.

const MI: u64 = 1 << 20;

/// CPUs: `2`, `400m`.
pub(crate) fn cpus(nano: u64) -> String {
    match (nano % 1_000_000_000, nano / 1_000_000_000, nano / 1_000_000) {
        (0, whole, _) => whole.to_string(),
        (_, _, milli) => format!("{milli}m"),
    }
}

/// The units of memory, in the order in which one is looked for that leaves no rest.
const UNITS: [(u64, &str); 4] = [(MI, "Mi"), (1_000_000, "M"), (1 << 10, "Ki"), (1_000, "k")];

/// Memory in the first unit of which it is a whole number: `500Mi`, `300M`, otherwise in bytes.
pub(crate) fn memory(bytes: u64) -> String {
    match UNITS.iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        assert_eq!((cpus(400_000_000), cpus(2_000_000_000)), ("400m".to_owned(), "2".to_owned()));
        let rows =
            [(500 * MI, "500Mi"), (500_000_000, "500M"), (1537, "1537"), (3 << 10, "3Ki"), (7_000, "7k"), (0, "0")];
        for (bytes, shown) in rows {
            assert_eq!(memory(bytes), shown);
        }
    }
}
