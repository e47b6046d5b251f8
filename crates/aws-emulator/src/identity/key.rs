//! Ids of keys, users and roles, in AWS's form.

use ring::digest;

use crate::storage::random;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Returns a new key id that contains its account, as AWS's do: a set bit, 40 bits of account, then random bits.
pub(crate) fn new_key_id(prefix: &str, account: &str) -> String {
    let mut bytes = random(10);
    let account: u64 = account.parse().unwrap_or_default();
    let noise = u64::from(bytes[5] & 0x7f);
    let head = (1 << 47) | (account << 7) | noise;
    bytes[..6].copy_from_slice(&head.to_be_bytes()[2..]);
    format!("{prefix}{}", base32(&bytes))
}

/// Returns the account in a key id; `None` if it does not have the right form.
pub(crate) fn account_of_key(key: &str) -> Option<String> {
    let bits = key.get(4..14)?.bytes().try_fold(0_u64, |bits, letter| {
        let value = BASE32.iter().position(|known| *known == letter)?;
        Some(bits << 5 | value as u64)
    })?;
    // Ten letters are 50 bits; the account is in the first 48, without the top bit and the last seven.
    let account = (bits >> 2 & 0x7fff_ffff_ffff) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

/// Returns the id of a user or role: always the same for a name.
pub(crate) fn unique_id(prefix: &str, name: &str) -> String {
    let hash = digest::digest(&digest::SHA256, name.as_bytes());
    format!("{prefix}{}", &base32(&hash.as_ref()[..15])[..17])
}

fn base32(bytes: &[u8]) -> String {
    let bit = |index: usize| bytes.get(index / 8).map_or(0, |byte| byte >> (7 - index % 8) & 1);
    (0..(bytes.len() * 8).div_ceil(5))
        .map(|group| (0..5).fold(0, |value, offset| value << 1 | bit(group * 5 + offset)))
        .map(|value| char::from(BASE32[usize::from(value)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_has_its_account() {
        // A pair that is often quoted for decoding key ids as GetAccessKeyInfo does.
        assert_eq!(account_of_key("ASIAQNZGKIQY56JQ7WML").as_deref(), Some("029608264753"));
        for account in ["123456789012", "000000000000", "999999999999"] {
            let key = new_key_id("ASIA", account);
            assert_eq!((key.len(), account_of_key(&key).as_deref()), (20, Some(account)), "{key}");
        }
        assert_eq!(account_of_key("short"), None);
        assert_eq!(account_of_key("AKIA000000000000EXAMPLE"), None);
        assert_eq!(unique_id("AROA", "x").len(), 21);
    }
}
