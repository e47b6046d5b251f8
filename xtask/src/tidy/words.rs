//! The words of CONTRIBUTING.md's glossary that neither documents nor sources may have.

use super::{
    documents::{self, Part},
    sources::Source,
};

/// What not to write, and what to write instead.
const GLOSSARY: [(&[&str], &str); 6] = [
    (&["tell", "tells", "telling", "told"], "report, say, print, list or show"),
    (&["nobody", "somebody"], "name who it is, or use `no one` or the passive"),
    (&["stand", "stands", "standing", "stood"], "is, is in, or the verb for what it does"),
    (&["play", "plays", "playing", "played"], "emulate, answer for, or take the place of"),
    (&["front", "fronts"], "gateway"),
    (&["be had", "is to do", "are to do"], "the plain verb"),
];

/// The sources that have none of the words, in comments, texts and names.
const CLEAN: [&str; 3] = ["crates/", "fuzz/", "xtask/"];

/// This file has the words.
const GLOSSARY_FILE: &str = "xtask/src/tidy/words.rs";

pub(super) fn check(documents: &[Source], sources: &[Source]) -> Vec<String> {
    let clean =
        |source: &&Source| source.path != GLOSSARY_FILE && CLEAN.iter().any(|prefix| source.path.starts_with(prefix));
    let of_documents = documents.iter().flat_map(|document| problems(document, documents::lines(&document.text)));
    let of_sources =
        sources.iter().filter(clean).flat_map(|source| problems(source, documents::source_lines(&source.text)));
    of_documents.chain(of_sources).collect()
}

fn problems<'a>(file: &Source, lines: impl Iterator<Item = (usize, Vec<Part<'a>>)>) -> Vec<String> {
    let mut found = Vec::new();
    for (number, parts) in lines {
        for (words, instead) in GLOSSARY {
            for word in words.iter().filter(|word| parts.iter().any(|part| has(part, word))) {
                found.push(format!("{}:{number}: `{word}`: write {instead} (CONTRIBUTING.md, English)", file.path));
            }
        }
    }
    found
}

/// Whether the prose has `word` as whole words, in any case. A hyphen joins: `stand-in` does not have `stand`. So does a
/// dot before a name: `queue.front()` is a method of the standard library.
fn has(part: &Part<'_>, word: &str) -> bool {
    let Part::Prose(text) = part else { return false };
    let text = text.to_ascii_lowercase();
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let joins_before = |c: Option<char>| joins(c) || c == Some('.');
    text.match_indices(word)
        .any(|(at, _)| !joins_before(text[..at].chars().next_back()) && !joins(text[at + word.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        problems(&Source { path: "a.md".into(), text: text.into() }, documents::lines(text))
    }

    #[test]
    fn sources_of_clean_crates_have_no_such_words() {
        let found =
            |path: &str| check(&[], &[Source { path: path.into(), text: "let told = 1; // A `play`.\n".into() }]);
        assert_eq!(found("crates/new/src/a.rs").len(), 1);
        assert_eq!(found("build.rs"), [""; 0]);
    }

    #[test]
    fn problems_name_the_file_the_line_and_the_remedy() {
        assert_eq!(found("Good.\n\nThe Front asks.\n"), ["a.md:3: `front`: write gateway (CONTRIBUTING.md, English)"]);
        assert_eq!(found("It stands there, and nobody is told.").len(), 3);
    }

    #[test]
    fn other_words_and_code_have_no_problems() {
        for text in [
            "a stand-in",
            "display",
            "understands",
            "`nobody-to-ask`",
            "```\ntold\n```\n",
            "play_book",
            "queue.front()",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    /// The glossary of people and this one are the same.
    #[test]
    fn the_glossary_has_each_word() {
        let page = include_str!("../../../CONTRIBUTING.md");
        for word in GLOSSARY.iter().flat_map(|(words, _)| *words) {
            assert!(page.contains(&format!("`{word}`")), "CONTRIBUTING.md does not list `{word}`");
        }
    }
}
