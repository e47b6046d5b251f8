//! Reads with a limit that also applies while reading: a file may grow, and a device has no size.

use std::io::Read;

use crate::Refusal;

/// Reads everything, up to `limit` bytes.
///
/// # Errors
/// [`Refusal::TooLarge`] as soon as there are more bytes.
pub fn read_capped(from: impl Read, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut content = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > limit { Err(Refusal::TooLarge(limit)) } else { Ok(content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_for_what_never_ends() {
        assert_eq!(read_capped(&b"four"[..], 4).unwrap(), b"four");
        assert!(matches!(read_capped(std::io::repeat(0), 4096), Err(Refusal::TooLarge(4096))));
    }
}
