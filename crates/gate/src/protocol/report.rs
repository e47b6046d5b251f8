//! The messages of a gate.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{
    CommandId, Message, ProtocolError, RequestId,
    fields::{Reader, Writer},
    frame::{Fields, FieldsOf},
};

/// A message of a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The gate takes orders.
    Hello {
        /// The [`VERSION`](super::VERSION) of its protocol.
        version: u16,
    },
    /// A program runs.
    Started {
        /// The command.
        command: CommandId,
    },
    /// A program could not be started; the command has ended.
    NotStarted {
        /// The command.
        command: CommandId,
        /// The reason.
        reason: NotStarted,
    },
    /// Output, in the order of its stream.
    Output {
        /// The command.
        command: CommandId,
        /// The stream; a terminal has only one.
        stream: Stream,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A command has ended; all its output has been reported.
    Ended {
        /// The command.
        command: CommandId,
        /// How.
        end: End,
        /// Whether the kernel killed a process of the container for its memory limit meanwhile.
        oom_killed: bool,
    },
    /// The content of a file, or why it was not read, as text to print.
    File {
        /// The request.
        request: RequestId,
        /// The content.
        result: Result<Vec<u8>, String>,
    },
    /// A file was written, or why not, as text to print.
    Written {
        /// The request.
        request: RequestId,
        /// The result.
        result: Result<(), String>,
    },
    /// The listening TCP sockets of the network namespace.
    Listening {
        /// The watch.
        request: RequestId,
        /// Their addresses.
        sockets: Vec<SocketAddr>,
    },
}

/// A stream of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, or a terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal {
        /// The signal.
        signal: i32,
        /// Whether the kernel wrote a core file.
        core: bool,
    },
}

impl End {
    /// The exit code that a shell, or an engine, shows.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal { signal, .. } => 128 + signal,
        }
    }
}

/// Why a program could not be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotStarted {
    /// No file of this name, or none in `PATH`.
    NotFound,
    /// The file cannot be executed: its permissions, or a directory.
    NotExecutable,
    /// The file is not a program of this machine, and has no `#!`.
    WrongFormat,
    /// The interpreter, or the loader, that it names does not exist.
    NoInterpreter,
    /// Another reason, as text to print.
    Other(String),
}

impl Stream {
    fn read(from: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        match from.u8()? {
            1 => Ok(Self::Stdout),
            2 => Ok(Self::Stderr),
            value => Err(ProtocolError::Unknown { what: "stream", value }),
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Stdout => 1,
            Self::Stderr => 2,
        }
    }
}

impl End {
    fn write(self, to: &mut Writer<'_>) {
        match self {
            Self::Code(code) => {
                to.u8(0);
                to.i32(code);
            }
            Self::Signal { signal, core } => {
                to.u8(if core { 2 } else { 1 });
                to.i32(signal);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        match from.u8()? {
            0 => Ok(Self::Code(from.i32()?)),
            kind @ (1 | 2) => Ok(Self::Signal { signal: from.i32()?, core: kind == 2 }),
            value => Err(ProtocolError::Unknown { what: "end", value }),
        }
    }
}

impl NotStarted {
    fn write(&self, to: &mut Writer<'_>) {
        match self {
            Self::NotFound => to.u8(1),
            Self::NotExecutable => to.u8(2),
            Self::WrongFormat => to.u8(3),
            Self::NoInterpreter => to.u8(4),
            Self::Other(reason) => {
                to.u8(5);
                to.bytes(reason.as_bytes());
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        Ok(match from.u8()? {
            1 => Self::NotFound,
            2 => Self::NotExecutable,
            3 => Self::WrongFormat,
            4 => Self::NoInterpreter,
            5 => Self::Other(from.text()?),
            value => return Err(ProtocolError::Unknown { what: "reason", value }),
        })
    }
}

/// A result: the value, or the reason why there is none.
fn write_result<T>(to: &mut Writer<'_>, result: &Result<T, String>, write: impl FnOnce(&mut Writer<'_>, &T)) {
    match result {
        Ok(value) => {
            to.u8(1);
            write(to, value);
        }
        Err(reason) => {
            to.u8(0);
            to.bytes(reason.as_bytes());
        }
    }
}

fn read_result<T>(
    from: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, ProtocolError>,
) -> Result<Result<T, String>, ProtocolError> {
    Ok(if from.flag()? { Ok(read(from)?) } else { Err(from.text()?) })
}

fn write_address(to: &mut Writer<'_>, address: &SocketAddr) {
    match address.ip() {
        IpAddr::V4(ip) => to.bytes(&ip.octets()),
        IpAddr::V6(ip) => to.bytes(&ip.octets()),
    }
    to.u16(address.port());
}

fn read_address(from: &mut Reader<'_>) -> Result<SocketAddr, ProtocolError> {
    let octets = from.bytes()?;
    let ip = match (<[u8; 4]>::try_from(&octets[..]), <[u8; 16]>::try_from(&octets[..])) {
        (Ok(octets), _) => IpAddr::from(Ipv4Addr::from(octets)),
        (_, Ok(octets)) => IpAddr::from(Ipv6Addr::from(octets)),
        _ => return Err(ProtocolError::Short),
    };
    Ok(SocketAddr::new(ip, from.u16()?))
}

impl Message for Report {
    fn kind(&self) -> u8 {
        match self {
            Self::Hello { .. } => 1,
            Self::Started { .. } => 2,
            Self::NotStarted { .. } => 3,
            Self::Output { .. } => 4,
            Self::Ended { .. } => 5,
            Self::File { .. } => 6,
            Self::Written { .. } => 7,
            Self::Listening { .. } => 8,
        }
    }

    fn write(&self, Fields(to): &mut Fields<'_>) {
        match self {
            Self::Hello { version } => to.u16(*version),
            Self::Started { command } => to.u32(command.0),
            Self::NotStarted { command, reason } => {
                to.u32(command.0);
                reason.write(to);
            }
            Self::Output { command, stream, bytes } => {
                to.u32(command.0);
                to.u8(stream.number());
                to.bytes(bytes);
            }
            Self::Ended { command, end, oom_killed } => {
                to.u32(command.0);
                end.write(to);
                to.u8(u8::from(*oom_killed));
            }
            Self::File { request, result } => {
                to.u32(request.0);
                write_result(to, result, |to, content| to.bytes(content));
            }
            Self::Written { request, result } => {
                to.u32(request.0);
                write_result(to, result, |_, ()| ());
            }
            Self::Listening { request, sockets } => {
                to.u32(request.0);
                to.list(sockets, write_address);
            }
        }
    }

    fn read(kind: u8, FieldsOf(from): &mut FieldsOf<'_>) -> Result<Self, ProtocolError> {
        Ok(match kind {
            1 => Self::Hello { version: from.u16()? },
            2 => Self::Started { command: CommandId(from.u32()?) },
            3 => Self::NotStarted { command: CommandId(from.u32()?), reason: NotStarted::read(from)? },
            4 => Self::Output { command: CommandId(from.u32()?), stream: Stream::read(from)?, bytes: from.bytes()? },
            5 => Self::Ended { command: CommandId(from.u32()?), end: End::read(from)?, oom_killed: from.flag()? },
            6 => Self::File { request: RequestId(from.u32()?), result: read_result(from, |from| from.bytes())? },
            7 => Self::Written { request: RequestId(from.u32()?), result: read_result(from, |_| Ok(()))? },
            8 => Self::Listening { request: RequestId(from.u32()?), sockets: from.list(read_address)? },
            value => return Err(ProtocolError::Unknown { what: "report", value }),
        })
    }
}
