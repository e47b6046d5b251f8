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

    /// Asks for a yes. Any other answer is a no, and so is none.
    ///
    /// # Errors
    /// As [`Dialogue::ask`].
    fn agrees(&self, question: &str) -> io::Result<bool> {
        Ok(self.ask(question)?.is_some_and(|line| is_yes(&line)))
    }

    /// Asks for a line without showing what is typed. `None` if the input has ended.
    ///
    /// # Errors
    /// The terminal cannot be read. The kind is `Interrupted` if the person pressed Ctrl-C.
    fn ask_unseen(&self, question: &str) -> io::Result<Option<String>>;
}

fn is_yes(line: &str) -> bool {
    ["y", "yes"].iter().any(|word| line.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_a_yes() {
        for (line, expected) in
            [("y\n", true), (" Yes ", true), ("", false), ("no", false), ("yess", false), ("\n", false)]
        {
            assert_eq!(is_yes(line), expected, "{line:?}");
        }
    }
}
