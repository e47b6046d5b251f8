//! Files in a directory that a step or a repository can change: read, listed, created and removed relative to a handle
//! of that directory, never by an absolute path.
//!
//! Each component of a path is opened by itself, relative to the previous one, and a link anywhere is an error. So
//! nothing outside the directory is accessible, even if a step replaces a file by a link between two calls. Only
//! regular files are read, without waiting for the other end of a pipe, and never more than the caller's limit. Files
//! are created exclusively.
//!
//! A hard link is like any other file: a step can only link to files in its mount, which it can read anyway.

mod error;
#[cfg(feature = "patterns")]
mod find;
mod root;
mod stream;
mod sys;
mod walk;

pub use error::{Kind, Refusal};
#[cfg(feature = "patterns")]
pub use find::{Finding, Pattern, Star, below, has_wildcards, normal};
pub use root::{Facts, Root};
pub use stream::read_capped;
pub use walk::{Entry, Limits, Walk};
