//! A writer for terminals.

use std::io::{self, Write};

use crate::legible;

/// Writes text as a terminal may have it: nothing in it is an order.
#[derive(Debug)]
pub struct LegibleWriter<W> {
    out: W,
    /// The first bytes of a character, whose others are still to come.
    rest: Vec<u8>,
}

impl<W: Write> LegibleWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, rest: Vec::new() }
    }
}

impl<W: Write> Write for LegibleWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        while !self.rest.is_empty() {
            let (text, invalid) = match str::from_utf8(&self.rest) {
                Ok(text) => (text, 0),
                Err(error) => {
                    let text = self.rest.get(..error.valid_up_to()).unwrap_or_default();
                    (str::from_utf8(text).unwrap_or_default(), error.error_len().unwrap_or(0))
                }
            };
            let taken = text.len() + invalid;
            self.out.write_all(legible(text).as_bytes())?;
            if invalid > 0 {
                self.out.write_all("\u{fffd}".as_bytes())?;
            }
            if taken == 0 {
                break;
            }
            self.rest.drain(..taken);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_comes_in_parts() {
        let mut out = LegibleWriter::new(Vec::new());
        for byte in "a\u{202e}é\u{1b}[31m\n".as_bytes() {
            out.write_all(&[*byte]).unwrap();
        }
        out.write_all(b"\xff.").unwrap();
        assert_eq!(String::from_utf8(out.out).unwrap(), "a\\u202eé\\u001b[31m\n\u{fffd}.");
    }
}
