//! Checks the documents of a file that are not pipelines, such as templates and connectors: each by itself.

use cirun_diagnostics::{Diagnostic, Sources, codes::plan::MISSING_INPUT};
use cirun_parser::{DocumentKind, Node, TemplateKind, lower_document, pipeline_of_template};

use crate::documents::Documents;

/// The parser's findings in the checked file, without its pipelines and documents that are not v0.
pub(super) fn findings(project: &Documents) -> Vec<Diagnostic> {
    let is_read = |kind: DocumentKind| kind.root_key().is_some() && kind != DocumentKind::Pipeline;
    let others = project.own_documents().filter(|document| is_read(document.kind));
    others.flat_map(|document| lower_document(document).diagnostics).collect()
}

/// A pipeline that uses the first template of the checked file. A step or step group template needs an infrastructure, and
/// has no such pipeline unless `infra_given`.
pub(super) fn sample(project: &Documents, infra_given: bool) -> Option<(TemplateKind, Node)> {
    let own = project.own_documents().filter(|document| document.kind == DocumentKind::Template);
    let (kind, pipeline) = own.filter_map(|document| document.body()).find_map(pipeline_of_template)?;
    let runs_somewhere = matches!(kind, TemplateKind::Stage | TemplateKind::Pipeline);
    (infra_given || runs_somewhere).then_some((kind, pipeline))
}

/// Removes findings of missing inputs: the user of a template gives them.
pub(super) fn without_inputs(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.retain(|diagnostic| diagnostic.code != MISSING_INPUT.id);
}

/// Whether the planner's finding also applies where the template is used. One about an expression does not, as its value
/// depends on the use.
pub(super) fn holds(kind: TemplateKind, found: &Diagnostic, sources: &Sources) -> bool {
    let Some(span) = found.labels.first().map(|label| label.span).filter(|_| kind != TemplateKind::Pipeline) else {
        return true;
    };
    let text = sources.get(span.source).text.get(span.range());
    found.code != "unresolved-expression" && text.is_none_or(|text| !text.contains("<+"))
}
