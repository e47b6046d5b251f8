//! Who reads notes and answers questions.

use std::{fmt, io};

/// A person at a terminal, or no one.
pub trait Dialogue: fmt::Debug + Send + Sync {
    /// Shows one line.
    fn say(&self, line: &str);

    /// Whether questions are answered.
    fn can_answer(&self) -> bool;

    /// Asks for a line; none where the input has ended.
    ///
    /// # Errors
    /// The terminal cannot be read.
    fn ask(&self, question: &str) -> io::Result<Option<String>>;

    /// Asks for a line that is not shown while it is typed; none where the input has ended.
    ///
    /// # Errors
    /// The terminal cannot be read; of the kind `Interrupted` for Ctrl-C.
    fn ask_unseen(&self, question: &str) -> io::Result<Option<String>>;
}
