//! Why a file was not reached. A message says which rule was broken, and nothing of the file's content.

use std::{fmt, io, path::PathBuf};

/// What a name stands for.
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
    /// Something that this system has besides.
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

/// The rule that an access would have broken. The messages go on after the name of a file: `FILE: MESSAGE`.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing has this name.
    #[error("it does not exist")]
    Missing,
    /// The path is absolute, or climbs by `..`.
    #[error("it leads out of its directory")]
    Outside,
    /// A component is a symbolic link.
    #[error("`{}` is a symbolic link, and links are not followed", .0.display())]
    Link(PathBuf),
    /// The name stands for something else than what is wanted.
    #[error("it is {found}, not {wanted}")]
    Kind {
        /// What it is.
        found: Kind,
        /// What it would have to be.
        wanted: Kind,
    },
    /// The file has more bytes than the caller reads.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// A walk has met more entries than its limit.
    #[error("it holds more than {0} files and directories")]
    TooMany(usize),
    /// A walk has come to its deepest level.
    #[error("it is nested more than {0} directories deep")]
    TooDeep(usize),
    /// It became another thing while it was opened.
    #[error("it changed while it was opened")]
    Changed,
    /// Something has the name of what was to be made.
    #[error("it exists already")]
    Exists,
    /// A pattern that cannot be read.
    #[error("it is not a pattern: {0}")]
    Pattern(String),
    /// The system's own reason.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Refusal {
    /// Whether nothing has this name.
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
