//! Content digests: `sha256:<64 hex digits>` and `sha512:<128 hex digits>`.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256, Sha512};
use thiserror::Error;

/// The hash algorithms: the two that the OCI image specification registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Algorithm {
    /// The default of every client.
    Sha256,
    /// An alternative that clients may use.
    Sha512,
}

impl Algorithm {
    /// Both, the usual one first.
    pub(crate) const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// Returns the name that precedes the hex digits, which is also the name of its directory of blobs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the number of hex digits in a hash. No two algorithms share a length, so the digits alone identify it.
    fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    /// Hashes bytes.
    pub(crate) fn digest(self, bytes: &[u8]) -> Digest {
        let hex = match self {
            Self::Sha256 => hex::encode(Sha256::digest(bytes)),
            Self::Sha512 => hex::encode(Sha512::digest(bytes)),
        };
        Digest { algorithm: self, hex }
    }
}

/// The hash of some content.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

/// A text that is not an algorithm with the right number of lower-case hex digits.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a sha256 or sha512 digest")]
pub struct InvalidDigest(String);

impl Digest {
    /// Returns the SHA-256 of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Algorithm::Sha256.digest(bytes)
    }

    /// Wraps a finished hash.
    pub(crate) fn from_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        Self { algorithm, hex: hex::encode(hash) }
    }

    /// Parses the bare hex digits, as in file names.
    pub(crate) fn from_hex(hex: &str) -> Result<Self, InvalidDigest> {
        let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.digits() == hex.len());
        let valid = hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        match algorithm {
            Some(algorithm) if valid => Ok(Self { algorithm, hex: hex.to_owned() }),
            Some(_) | None => Err(InvalidDigest(hex.to_owned())),
        }
    }

    /// Returns the algorithm.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Formats a list of digests, as in error messages.
    pub(crate) fn join(digests: &[Self]) -> String {
        digests.iter().map(Self::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Returns the hex digits.
    pub fn hex(&self) -> &str {
        &self.hex
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let invalid = || InvalidDigest(text.to_owned());
        let (algorithm, hex) = text.split_once(':').ok_or_else(invalid)?;
        let digest = Self::from_hex(hex).map_err(|_| invalid())?;
        if digest.algorithm.name() == algorithm { Ok(digest) } else { Err(invalid()) }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
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
    fn only_lower_case_hashes_of_a_known_algorithm_are_digests() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), empty);
        assert_eq!(empty.parse(), Ok(Digest::of(b"")));
        let long = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
        assert_eq!(Algorithm::Sha512.digest(b"").to_string(), long);
        assert_eq!(long.parse(), Ok(Algorithm::Sha512.digest(b"")));
        assert_eq!(Digest::from_hex(&long[7..]), Ok(Algorithm::Sha512.digest(b"")));
        for bad in [
            "",
            "sha256:",
            "sha512:00",
            &empty[1..],
            &empty.to_uppercase(),
            &format!("{empty}0"),
            "sha256:../../x",
            &format!("sha512:{}", &empty[7..]),
            &format!("sha256:{}", &long[7..]),
            &format!("sha384:{}", &empty[7..]),
            &empty[7..],
        ] {
            assert_eq!(bad.parse::<Digest>(), Err(InvalidDigest(bad.to_owned())));
        }
    }
}
