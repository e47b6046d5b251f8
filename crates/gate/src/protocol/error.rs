//! What is wrong with a stream.

/// Why a stream is not of this protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A frame is empty, or longer than [`LIMIT`](super::LIMIT).
    #[error("a frame of {0} bytes")]
    Length(usize),
    /// A message ends before its last field.
    #[error("a message is too short")]
    Short,
    /// A message continues after its last field.
    #[error("a message is too long")]
    Long,
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// A value that this version does not have.
    #[error("no {what} has the number {value}")]
    Unknown {
        /// The kind of value.
        what: &'static str,
        /// The number.
        value: u8,
    },
}
