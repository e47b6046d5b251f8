//! What an executor and a gate say to each other: frames on the gate's standard input and output.
//!
//! The gate begins with [`Report::Hello`]. Then the executor sends [`Order`]s, and the gate [`Report`]s. A frame is the
//! length of what follows (four bytes, little end first), the kind of the message (one byte), and its fields. Neither side
//! trusts the other's lengths: a reader needs memory only for bytes that have arrived.

mod error;
mod fields;
mod frame;
mod order;
mod program;
mod report;

pub use error::ProtocolError;
pub use frame::{Decoder, LIMIT, Message, encode};
pub use order::Order;
pub use program::{Limit, Program, Resource, Size, User};
pub use report::{End, NotStarted, Report, Stream};

/// The version of the protocol; both sides must have the same.
pub const VERSION: u16 = 1;

/// The number of bytes of a command's output that may be on the way without an [`Order::Ack`].
pub const WINDOW: u64 = 1 << 20;

/// A command of a gate; the executor chooses the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u32);

/// A question about files or sockets; the executor chooses the number, and the answer has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);
