//! The messages to a gate.

use super::{
    CommandId, Message, Program, ProtocolError, RequestId, Size,
    frame::{Fields, FieldsOf},
};

/// A message to a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Run a program. It is answered by [`Report::Started`](super::Report::Started) or
    /// [`Report::NotStarted`](super::Report::NotStarted).
    Run {
        /// The number of the new command.
        command: CommandId,
        /// The program.
        program: Program,
        /// Whether the command's end ends every other process of the container, as the end of its first process does.
        alone: bool,
    },
    /// Bytes for the input of a command that has one.
    Input {
        /// The command.
        command: CommandId,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The input of a command has ended.
    InputEnd {
        /// The command.
        command: CommandId,
    },
    /// Bytes of a command's output have arrived; see [`WINDOW`](super::WINDOW).
    Ack {
        /// The command.
        command: CommandId,
        /// Their number.
        bytes: u64,
    },
    /// Send a signal to a command, and kill it with all its processes if it has not ended in time.
    Stop {
        /// The command.
        command: CommandId,
        /// The signal.
        signal: i32,
        /// The time, in milliseconds; 0 kills at once.
        grace: u32,
    },
    /// The terminal of a command has another size.
    Resize {
        /// The command.
        command: CommandId,
        /// The size.
        size: Size,
    },
    /// Read a regular file below a directory; links are not followed.
    ReadFile {
        /// The number of the answer.
        request: RequestId,
        /// The directory.
        directory: Vec<u8>,
        /// The path below it.
        path: Vec<u8>,
        /// The longest file to read.
        limit: u32,
    },
    /// Write a new file below a directory; links are not followed, and an existing entry stays.
    WriteFile {
        /// The number of the answer.
        request: RequestId,
        /// The directory.
        directory: Vec<u8>,
        /// The path below it.
        path: Vec<u8>,
        /// Its permissions.
        mode: u32,
        /// Its content.
        content: Vec<u8>,
    },
    /// Report the listening sockets of the network namespace now, and whenever they change.
    Watch {
        /// The number of the answers.
        request: RequestId,
    },
    /// Stop a watch.
    Unwatch {
        /// The watch.
        request: RequestId,
    },
    /// End every process, and the gate.
    End,
}

impl Message for Order {
    fn kind(&self) -> u8 {
        match self {
            Self::Run { .. } => 1,
            Self::Input { .. } => 2,
            Self::InputEnd { .. } => 3,
            Self::Ack { .. } => 4,
            Self::Stop { .. } => 5,
            Self::Resize { .. } => 6,
            Self::ReadFile { .. } => 7,
            Self::WriteFile { .. } => 8,
            Self::Watch { .. } => 9,
            Self::Unwatch { .. } => 10,
            Self::End => 11,
        }
    }

    fn write(&self, Fields(to): &mut Fields<'_>) {
        match self {
            Self::Run { command, program, alone } => {
                to.u32(command.0);
                program.write(to);
                to.u8(u8::from(*alone));
            }
            Self::Input { command, bytes } => {
                to.u32(command.0);
                to.bytes(bytes);
            }
            Self::InputEnd { command } => to.u32(command.0),
            Self::Ack { command, bytes } => {
                to.u32(command.0);
                to.u64(*bytes);
            }
            Self::Stop { command, signal, grace } => {
                to.u32(command.0);
                to.i32(*signal);
                to.u32(*grace);
            }
            Self::Resize { command, size } => {
                to.u32(command.0);
                size.write(to);
            }
            Self::ReadFile { request, directory, path, limit } => {
                to.u32(request.0);
                to.bytes(directory);
                to.bytes(path);
                to.u32(*limit);
            }
            Self::WriteFile { request, directory, path, mode, content } => {
                to.u32(request.0);
                to.bytes(directory);
                to.bytes(path);
                to.u32(*mode);
                to.bytes(content);
            }
            Self::Watch { request } | Self::Unwatch { request } => to.u32(request.0),
            Self::End => {}
        }
    }

    fn read(kind: u8, FieldsOf(from): &mut FieldsOf<'_>) -> Result<Self, ProtocolError> {
        Ok(match kind {
            1 => Self::Run { command: CommandId(from.u32()?), program: Program::read(from)?, alone: from.flag()? },
            2 => Self::Input { command: CommandId(from.u32()?), bytes: from.bytes()? },
            3 => Self::InputEnd { command: CommandId(from.u32()?) },
            4 => Self::Ack { command: CommandId(from.u32()?), bytes: from.u64()? },
            5 => Self::Stop { command: CommandId(from.u32()?), signal: from.i32()?, grace: from.u32()? },
            6 => Self::Resize { command: CommandId(from.u32()?), size: Size::read(from)? },
            7 => Self::ReadFile {
                request: RequestId(from.u32()?),
                directory: from.bytes()?,
                path: from.bytes()?,
                limit: from.u32()?,
            },
            8 => Self::WriteFile {
                request: RequestId(from.u32()?),
                directory: from.bytes()?,
                path: from.bytes()?,
                mode: from.u32()?,
                content: from.bytes()?,
            },
            9 => Self::Watch { request: RequestId(from.u32()?) },
            10 => Self::Unwatch { request: RequestId(from.u32()?) },
            11 => Self::End,
            value => return Err(ProtocolError::Unknown { what: "order", value }),
        })
    }
}
