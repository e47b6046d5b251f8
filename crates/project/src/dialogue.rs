//! The person who reads notes and answers questions.

use std::{fmt, io};

/// A person at a terminal, or no one.
pub trait Dialogue: fmt::Debug + Send + Sync {
    /// Shows one line.
    fn say(&self, line: &str);

    /// Whether there is a person to answer questions.
    fn can_answer(&self) -> bool;

    /// Asks for a line. `None` if the input has ended.
    ///
    /// # Errors
    /// The terminal cannot be read.
    fn ask(&self, question: &str) -> io::Result<Option<String>>;

    /// Asks for a line without showing what is typed. `None` if the input has ended.
    ///
    /// # Errors
    /// The terminal cannot be read. The kind is `Interrupted` if the person pressed Ctrl-C.
    fn ask_unseen(&self, question: &str) -> io::Result<Option<String>>;
}
