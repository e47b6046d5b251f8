//! The seeds of `fuzz/corpus/parser` and a bounded number of mutations of them, for machines without libFuzzer.
#![expect(clippy::disallowed_methods, reason = "a test reads the seeds; the crate itself takes text")]

#[path = "../../../fuzz/replay.rs"]
mod seeds;

use cirun_parser::{Sources, decode, lower_document, parse_documents};

fn check(bytes: &[u8]) {
    let Ok(text) = decode(bytes) else { return };
    let mut sources = Sources::default();
    let id = sources.add("replay", &text);
    let parse = parse_documents(&sources, id);
    let lowered = parse.tree.iter().flat_map(|document| lower_document(document).diagnostics);
    for label in parse.diagnostics.iter().cloned().chain(lowered).flat_map(|diagnostic| diagnostic.labels) {
        assert!(text.get(label.span.range()).is_some(), "{label:?} of {text:?}");
    }
}

#[test]
fn replay() {
    seeds::replay("parser", check);
}
