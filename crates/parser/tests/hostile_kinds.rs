//! Every kind of bad input: the parser may report errors, but never panics, and a pipeline stays a pipeline.

#[path = "../../../fuzz/checks/parser.rs"]
mod check;
#[path = "../../../fuzz/hostile.rs"]
mod hostile;

use cirun_diagnostics::{Severity, Sources};
use cirun_parser::{DocumentKind, decode, parse_documents};

#[test]
fn every_kind() {
    for (kind, bytes, valid) in hostile::all() {
        check::check(&bytes);
        let read = decode(&bytes).is_ok_and(|text| {
            let mut sources = Sources::default();
            let id = sources.add("file", text);
            let parse = parse_documents(&sources, id);
            let whole = parse.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
            whole && parse.tree.iter().any(|document| document.kind == DocumentKind::Pipeline)
        });
        assert_eq!(read, valid, "{kind}");
    }
}
