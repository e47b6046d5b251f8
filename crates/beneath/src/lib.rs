//! Files below a directory that a step or a repository can change: read, listed, made and removed beneath a handle of that
//! directory, never by a path from the outside.
//!
//! Each component of a path is opened by itself, below the one before it, and a link in any place ends the way. So nothing
//! outside of the directory is reached, also when a step swaps a file for a link between two calls. Only regular files are
//! read, without waiting for a pipe's other end, and never more of them than the caller has room for. Files are made
//! exclusively.
//!
//! A hard link is a file like any other: a step can link only to what its mount holds, which it can read anyway.

mod error;
mod find;
mod root;
mod stream;
mod sys;
mod walk;

pub use error::{Kind, Refusal};
pub use find::{Finding, Pattern, Star, below, has_wildcards, normal};
pub use root::{Facts, Root};
pub use stream::read_capped;
pub use walk::{Entry, Limits, Walk};
