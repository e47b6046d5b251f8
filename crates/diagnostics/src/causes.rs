//! An error with its causes, on one line.

use std::error::Error;

/// The error's text and those of its causes, without repetitions: transport errors have the reason only in their last
/// source, and some repeat it on the way.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);

    #[test]
    fn nothing_is_said_twice() {
        let inner = Layer("refused", None);
        let middle = Layer("cannot connect: refused", Some(Box::new(inner)));
        assert_eq!(with_causes(&Layer("no answer", Some(Box::new(middle)))), "no answer: cannot connect: refused");
    }
}
