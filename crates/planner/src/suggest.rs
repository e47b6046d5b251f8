//! "Did you mean": the nearest of the known words.

use cirun_parser::{Diagnostic, Span};

/// What is said of a word that a field does not know: `what` it should be, in full and in short, and the `known` ones.
pub(crate) fn unknown_word([what, short]: [&str; 2], word: &str, span: Span, known: &[&str]) -> Diagnostic {
    let help = match nearest(word, known.iter().copied()) {
        Some(like) => format!("did you mean `{like}`?"),
        None => format!("write one of {}", known.join(", ")),
    };
    Diagnostic::error("unknown-word", format!("unknown {what} `{word}`"))
        .at(span, format!("no such {short}"))
        .help(help)
}

/// The known word most like `word`, if it is like enough to be meant.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
