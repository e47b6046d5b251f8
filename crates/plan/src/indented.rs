//! The layout of JSON for users and programs alike: two spaces per level.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// A comma, a line break and the indentation of thirty levels: the separator of two values is a slice of it, and is
/// written at once. A large plan has millions of lines.
const BREAK: &[u8] = b",\n                                                            ";

/// Writes like serde_json's own pretty formatter, with one write between two values.
#[derive(Debug, Default)]
pub(crate) struct Indented {
    level: usize,
    /// Whether the innermost list or object is still empty.
    empty: bool,
}

impl Indented {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level -= 1;
        if !self.empty {
            self.next_line(out, false)?;
        }
        self.empty = false;
        out.write_all(bracket)
    }

    fn next_line<W: ?Sized + Write>(&self, out: &mut W, comma: bool) -> io::Result<()> {
        let start = usize::from(!comma);
        let end = 2 + 2 * self.level;
        out.write_all(&BREAK[start..end.min(BREAK.len())])?;
        for _ in BREAK.len()..end {
            out.write_all(b" ")?;
        }
        Ok(())
    }
}

impl Formatter for Indented {
    /// Writes JSON that a formatter has written at level 0; nothing in a plan has bytes otherwise.
    fn write_byte_array<W: ?Sized + Write>(&mut self, out: &mut W, json: &[u8]) -> io::Result<()> {
        // A line break in a string would be escaped.
        for (index, line) in json.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                self.next_line(out, false)?;
            }
            out.write_all(line)?;
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        self.next_line(out, !first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        self.next_line(out, !first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize as _;
    use serde_json::{Serializer, Value, json};

    use super::*;

    fn indented(value: &Value) -> String {
        let mut bytes = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut bytes, Indented::default())).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn looks_as_serde_json_writes_it() {
        let value = json!({
            "none": {}, "nothing": [], "deep": [[{"a": [1, "two", null], "b": {"c": []}}, {}], 3],
        });
        assert_eq!(indented(&value), serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn json_that_is_already_written_is_indented() {
        struct Bytes(Vec<u8>);
        impl serde::Serialize for Bytes {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.0)
            }
        }
        let inner = json!({"a\n": [1, {"b": []}]});
        let mut bytes = Vec::new();
        let nested = [[Bytes(indented(&inner).into_bytes())]];
        nested.serialize(&mut Serializer::with_formatter(&mut bytes, Indented::default())).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), indented(&json!([[inner]])));
    }

    #[test]
    fn levels_beyond_the_thirtieth_are_indented_too() {
        let value = (0..50).fold(json!("x"), |inner, _| json!([inner, {"key": 1}]));
        assert_eq!(indented(&value), serde_json::to_string_pretty(&value).unwrap());
    }
}
