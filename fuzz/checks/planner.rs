//! Bytes to a plan, as `cirun check` makes it: nothing may panic, and every place named is in the text.

use cirun_diagnostics::Sources;
use cirun_parser::{
    Document, DocumentKind, TemplateQuery, apply_defaults, apply_input_sets, decode, lower_pipeline, parse_documents,
    pick_template, resolve_templates,
};
use cirun_planner::Inputs;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = decode(bytes) else { return };
    let mut sources = Sources::default();
    let id = sources.add("fuzz", text);
    let mut parsed = parse_documents(&sources, id).tree;
    let main = parsed.iter_mut().find(|document| document.kind == DocumentKind::Pipeline);
    let Some(body) = main.and_then(Document::take_body) else { return };
    let bodies = |kind| parsed.iter().filter(move |document| document.kind == kind).filter_map(Document::body);
    let lookup = |query: &TemplateQuery<'_>| pick_template(query, bodies(DocumentKind::Template));
    let body = resolve_templates(body, &lookup).tree;
    let mut body = apply_input_sets(body, &bodies(DocumentKind::InputSet).collect::<Vec<_>>()).tree;
    apply_defaults(&mut body);
    let Some(pipeline) = lower_pipeline(&body).tree else { return };
    let planned = cirun_planner::plan(&pipeline, &Inputs::new(&sources));
    for label in planned.diagnostics.iter().chain(&planned.parity).flat_map(|diagnostic| &diagnostic.labels) {
        assert!(sources.get(label.span.source).text.get(label.span.range()).is_some(), "{label:?} of {text:?}");
    }
    cirun_plan::to_json(&planned.plan);
}
