//! Quotes words of commands that people copy into a shell.

/// The word quoted for a POSIX shell: in single quotes if necessary.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_if_a_shell_needs_it() {
        assert_eq!(shell_word("http://127.0.0.1:4577"), "http://127.0.0.1:4577");
        assert_eq!(shell_word("a=b"), "a=b");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell_word(""), "''");
    }
}
