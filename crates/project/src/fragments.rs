//! What is wrong with the documents of a checked file that are no pipeline: each alone, without what uses it.

use cirun_diagnostics::{Diagnostic, Sources, codes::plan::MISSING_INPUT};
use cirun_parser::{DocumentKind, Node, TemplateKind, lower_document, pipeline_of_template};

use crate::documents::Documents;

/// What reading the documents of the checked file finds, its pipelines and what is not of v0 left out.
pub(super) fn findings(project: &Documents) -> Vec<Diagnostic> {
    let is_read = |kind: DocumentKind| kind.root_key().is_some() && kind != DocumentKind::Pipeline;
    let others = project.own_documents().filter(|document| is_read(document.kind));
    others.flat_map(|document| lower_document(document).diagnostics).collect()
}

/// A pipeline that uses the first template of the checked file. A template that does not say where it runs has one if that
/// is given.
pub(super) fn sample(project: &Documents, infra_given: bool) -> Option<(TemplateKind, Node)> {
    let own = project.own_documents().filter(|document| document.kind == DocumentKind::Template);
    let (kind, pipeline) = own.filter_map(|document| document.body()).find_map(pipeline_of_template)?;
    let runs_somewhere = matches!(kind, TemplateKind::Stage | TemplateKind::Pipeline);
    (infra_given || runs_somewhere).then_some((kind, pipeline))
}

/// Removes the inputs that are missing: those of a template are given where it is used.
pub(super) fn without_inputs(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.retain(|diagnostic| diagnostic.code != MISSING_INPUT.id);
}

/// Whether the planner's finding also holds where the template is used: what an expression comes to is decided there.
pub(super) fn holds(kind: TemplateKind, found: &Diagnostic, sources: &Sources) -> bool {
    let Some(span) = found.labels.first().map(|label| label.span).filter(|_| kind != TemplateKind::Pipeline) else {
        return true;
    };
    let text = sources.get(span.source).text.get(span.range());
    found.code != "unresolved-expression" && text.is_none_or(|text| !text.contains("<+"))
}
