//! Formats durations, sizes and counts for users. No other module does.

use std::time::Duration;

/// `0.4s`, `12.3s`, `1m04s`, `1h02m`.
pub fn duration(duration: Duration) -> String {
    // Rounded first, so that 59.96 s does not become `60.0s`.
    let tenths = (duration.as_millis() + 50) / 100;
    let seconds = (duration.as_millis() + 500) / 1000;
    match seconds {
        _ if tenths < 600 => format!("{}.{}s", tenths / 10, tenths % 10),
        0..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `512 B`, `12.3 kB`, `40.1 MB`: powers of 1000, as engines print them.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut tenths = u128::from(bytes) * 10;
    let mut unit = "B";
    for larger in UNITS {
        if tenths < 10_000 {
            break;
        }
        tenths = (tenths + 500) / 1000;
        unit = larger;
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn durations() {
        let shown: Vec<_> = [0, 49, 50, 1_234, 59_940, 59_960, 60_000, 64_400, 3_599_400, 3_599_600, 7_325_000]
            .map(|ms| duration(Duration::from_millis(ms)))
            .into();
        assert_snapshot!(shown.join(" "), @"0.0s 0.0s 0.1s 1.2s 59.9s 1m00s 1m00s 1m04s 59m59s 1h00m 2h02m");
    }

    #[test]
    fn sizes() {
        let shown: Vec<_> = [0, 999, 1000, 1_049, 999_949, 999_950, 42_100_000, 7_000_000_000].map(bytes).into();
        assert_snapshot!(shown.join(", "), @"0 B, 999 B, 1.0 kB, 1.0 kB, 999.9 kB, 1.0 MB, 42.1 MB, 7.0 GB");
    }
}
