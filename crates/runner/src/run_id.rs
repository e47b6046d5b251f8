//! Ids of runs: short, sorted by time within a year, and unique on this machine.

use std::process;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// A new id such as `1120-130501-a3f9c2`: month and day, time (UTC), and a hash, as several runs may start in one second.
pub fn new(now: Timestamp) -> String {
    let salt = Sha256::digest(format!("{}/{}", process::id(), now.as_nanosecond()));
    format!("{}-{}", now.strftime("%m%d-%H%M%S"), &hex::encode(salt)[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_valid_in_names_and_labels() {
        let id = new(Timestamp::from_second(1_795_180_000).unwrap());
        assert!(id.starts_with("1120-130640-"), "{id}");
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    }
}
