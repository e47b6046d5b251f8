//! Frames: messages with their length, and the decoder that finds them in a stream.

use super::{
    ProtocolError,
    fields::{Reader, Writer},
};

/// The longest frame, without its length. The kernel takes at most 6 MB of arguments and environment.
pub const LIMIT: usize = 8 << 20;

/// The number of bytes of a frame's length.
const HEADER: usize = 4;

/// A message of the protocol.
pub trait Message: Sized {
    /// Its number.
    fn kind(&self) -> u8;

    /// Appends its fields.
    #[doc(hidden)]
    fn write(&self, fields: &mut Fields<'_>);

    /// Reads the fields of a message of this number.
    ///
    /// # Errors
    /// [`ProtocolError`] for any other bytes.
    #[doc(hidden)]
    fn read(kind: u8, fields: &mut FieldsOf<'_>) -> Result<Self, ProtocolError>;
}

/// Receives the fields of a message.
#[doc(hidden)]
pub struct Fields<'a>(pub(super) Writer<'a>);

/// Returns the fields of a message.
#[doc(hidden)]
pub struct FieldsOf<'a>(pub(super) Reader<'a>);

/// Appends a message to a stream.
///
/// # Panics
/// If it is longer than [`LIMIT`].
pub fn encode(message: &impl Message, stream: &mut Vec<u8>) {
    let start = stream.len();
    stream.extend_from_slice(&[0; HEADER]);
    stream.push(message.kind());
    message.write(&mut Fields(Writer(stream)));
    let length = stream.len() - start - HEADER;
    assert!(length <= LIMIT, "a message of {length} bytes");
    let length = u32::try_from(length).expect("the limit is below 4 GB");
    stream[start..start + HEADER].copy_from_slice(&length.to_le_bytes());
}

/// Finds the messages of a stream that arrives in pieces of any size.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    /// The bytes before this place are decoded.
    start: usize,
}

impl Decoder {
    /// Adds a piece.
    pub fn push(&mut self, piece: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(piece);
    }

    /// The next message, once it is complete.
    ///
    /// # Errors
    /// [`ProtocolError`] if the stream is not of this protocol; it must not be read any further.
    #[expect(clippy::should_implement_trait, reason = "an iterator would have one type of message, and could go on")]
    pub fn next<M: Message>(&mut self) -> Result<Option<M>, ProtocolError> {
        let waiting = &self.bytes[self.start..];
        let Some((header, rest)) = waiting.split_first_chunk::<HEADER>() else { return Ok(None) };
        let length = u32::from_le_bytes(*header) as usize;
        if length == 0 || length > LIMIT {
            return Err(ProtocolError::Length(length));
        }
        let Some(frame) = rest.get(..length) else { return Ok(None) };
        self.start += HEADER + length;
        let (kind, fields) = frame.split_first().ok_or(ProtocolError::Short)?;
        let mut fields = FieldsOf(Reader::new(fields));
        let message = M::read(*kind, &mut fields)?;
        fields.0.end()?;
        Ok(Some(message))
    }

    /// Whether the stream may end here.
    pub fn is_between_messages(&self) -> bool {
        self.start == self.bytes.len()
    }
}
