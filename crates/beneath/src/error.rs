//! Why a file was not accessible. A message names the violated rule, and nothing of the file's content.

use std::{fmt, io, path::PathBuf};

/// The type of a directory entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
    /// Another type of this system.
    Other,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "a regular file",
            Self::Directory => "a directory",
            Self::Link => "a symbolic link",
            Self::Pipe => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Other => "of an unknown kind",
        })
    }
}

/// The rule that an access violates. Messages follow the name of a file: `FILE: MESSAGE`.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such name.
    #[error("it does not exist")]
    Missing,
    /// The path is absolute, or climbs by `..`.
    #[error("it leads out of its directory")]
    Outside,
    /// A component is a symbolic link.
    #[error("`{}` is a symbolic link, and links are not followed", .0.display())]
    Link(PathBuf),
    /// The entry has another type than expected.
    #[error("it is {found}, not {wanted}")]
    Kind {
        /// The type.
        found: Kind,
        /// The expected type.
        wanted: Kind,
    },
    /// The file is larger than the caller allows.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// A walk has reached its limit of entries.
    #[error("it holds more than {0} files and directories")]
    TooMany(usize),
    /// A walk has reached its limit of levels.
    #[error("it is nested more than {0} directories deep")]
    TooDeep(usize),
    /// It changed its type while it was opened.
    #[error("it changed while it was opened")]
    Changed,
    /// The name to create already exists.
    #[error("it exists already")]
    Exists,
    /// A pattern that cannot be parsed.
    #[error("it is not a pattern: {0}")]
    Pattern(String),
    /// An error of the system.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Refusal {
    /// Whether the name does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Io(error) => error,
            Refusal::Missing => Self::new(io::ErrorKind::NotFound, refusal),
            Refusal::Exists => Self::new(io::ErrorKind::AlreadyExists, refusal),
            Refusal::TooLarge(_) => Self::new(io::ErrorKind::FileTooLarge, refusal),
            other => Self::other(other),
        }
    }
}
