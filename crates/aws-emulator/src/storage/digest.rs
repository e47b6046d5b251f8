//! Content digests: `sha256:<64 hex digits>`.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The SHA-256 of some content.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    hex: String,
}

/// The text is not `sha256:` and 64 lower-case hex digits.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a sha256 digest")]
pub struct InvalidDigest(String);

impl Digest {
    /// Returns the digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(&Sha256::digest(bytes))
    }

    /// Wraps a finished SHA-256.
    pub(crate) fn from_hash(hash: &[u8]) -> Self {
        Self { hex: hex::encode(hash) }
    }

    /// Reads the bare hex digits, as file names carry them.
    pub(crate) fn from_hex(hex: &str) -> Result<Self, InvalidDigest> {
        let valid = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if valid { Ok(Self { hex: hex.to_owned() }) } else { Err(InvalidDigest(hex.to_owned())) }
    }

    /// Returns the 64 hex digits.
    pub fn hex(&self) -> &str {
        &self.hex
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let hex = text.strip_prefix("sha256:").ok_or_else(|| InvalidDigest(text.to_owned()))?;
        Self::from_hex(hex).map_err(|_| InvalidDigest(text.to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_sha256_is_a_digest() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), empty);
        assert_eq!(empty.parse(), Ok(Digest::of(b"")));
        for bad in
            ["", "sha256:", "sha512:00", &empty[1..], &empty.to_uppercase(), &format!("{empty}0"), "sha256:../../x"]
        {
            assert_eq!(bad.parse::<Digest>(), Err(InvalidDigest(bad.to_owned())));
        }
    }
}
