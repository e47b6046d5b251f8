//! "Did you mean": the nearest of the known words.

use crate::{Diagnostic, Span, codes::plan::UNKNOWN_WORD};

/// The diagnostic of a word that a field does not know: `what` it should be, in full and in short, and the `known` words.
pub fn unknown_word([what, short]: [&str; 2], word: &str, span: Span, known: &[&str]) -> Diagnostic {
    let help = match nearest(word, known.iter().copied()) {
        Some(like) => format!("did you mean `{like}`?"),
        None => format!("write one of {}", known.join(", ")),
    };
    UNKNOWN_WORD.says(format!("unknown {what} `{word}`")).at(span, format!("no such {short}")).help(help)
}

/// How alike two words are that may be a slip of each other, from 0 to 1.
const LIKE: f64 = 0.85;
/// Longer words are no slip of anything, in bytes.
const LONGEST: usize = 128;

/// The known word that was probably meant: equal but for case, or close enough to be a slip.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > LONGEST {
        return None;
    }
    let likeness = likeness(word);
    let near = known.into_iter().map(|candidate| (likeness(candidate), candidate));
    near.filter(|(alike, _)| *alike >= LIKE).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, candidate)| candidate)
}

/// The known words, those that are most like `word` first.
pub fn by_likeness<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Vec<&'w str> {
    let likeness = likeness(word);
    let mut all: Vec<&str> = known.into_iter().collect();
    all.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    all
}

fn likeness(word: &str) -> impl Fn(&str) -> f64 + use<> {
    let word = word.to_lowercase();
    move |candidate| strsim::jaro_winkler(&word, &candidate.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_near() {
        let near = |found: &str| nearest(found, ["image", "imagePullPolicy", "command", "CI", "Run"]).unwrap_or("none");
        let found = ["imge", "Image", "imagePullPolcy", "comand", "ci", "runn", "x", "zzzz", ""]
            .map(|name| format!("{name}: {}", near(name)));
        insta::assert_snapshot!(found.join("\n"), @r"
imge: image
Image: image
imagePullPolcy: imagePullPolicy
comand: command
ci: CI
runn: Run
x: none
zzzz: none
: none
    ");
    }
}
