//! Bytes to text, documents and models: nothing may panic, and every place named is in the text.

use cirun_diagnostics::Sources;
use cirun_parser::{decode, lower_document, parse_documents};

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = decode(bytes) else { return };
    let mut sources = Sources::default();
    let id = sources.add("fuzz", text);
    let parse = parse_documents(&sources, id);
    let lowered = parse.tree.iter().flat_map(|document| lower_document(document).diagnostics);
    for label in parse.diagnostics.iter().cloned().chain(lowered).flat_map(|diagnostic| diagnostic.labels) {
        assert!(text.get(label.span.range()).is_some(), "{label:?} of {text:?}");
    }
}
