//! Whole documents of every kind, for those who check files rather than run them.

use crate::{
    Document, DocumentKind, Node, Parse, Value, codes,
    lower::{
        connector,
        context::{Context, Home, Identity},
        execution, pipeline,
        spec::{FromNode, check_tables},
        stage,
    },
    model::{Lowered, TemplateBody, TemplateDocument},
};

/// Reads a document of any kind; `None` if it is none of v0 or its body is no map, which is then reported.
///
/// What is missing from a document that breaks off is not reported: it may stand after the mistake.
pub fn lower_document(document: &Document) -> Parse<Option<Lowered>> {
    let mut cx = Context::new(Identity::Required);
    let tree = document.body().and_then(|body| lower(document.kind, body, &mut cx));
    let mut parse = cx.finish(tree);
    if document.complete {
        parse.diagnostics.extend(document.unsupported());
    } else {
        parse.diagnostics.retain(|diagnostic| !follows_from_the_end(diagnostic.code));
    }
    parse
}

/// Whether this may only be there because the text broke off: something is missing, or is null or cut short.
fn follows_from_the_end(code: &str) -> bool {
    let ends = [codes::MISSING_FIELD, codes::EXPECTED_MAP, codes::EXPECTED_LIST];
    let incomplete = [codes::INCOMPLETE_PIPELINE, codes::INCOMPLETE_DOCUMENT, codes::PLACEHOLDER];
    let cut = [codes::UNKNOWN_FIELD, codes::UNKNOWN_STEP_TYPE, codes::UNKNOWN_STAGE_TYPE, codes::UNEXPECTED_VALUE];
    ends.iter().chain(&incomplete).chain(&cut).any(|known| known.id == code)
}

fn lower(kind: DocumentKind, body: &Node, cx: &mut Context) -> Option<Lowered> {
    if body.is_null() {
        cx.expected_map(body);
    }
    let used_by_name =
        [DocumentKind::Template, DocumentKind::InputSet, DocumentKind::OverlayInputSet, DocumentKind::Trigger];
    if used_by_name.contains(&kind) {
        demand_identifier(body, cx);
    }
    match kind {
        DocumentKind::Pipeline => pipeline::lower(body, cx).map(Box::new).map(Lowered::Pipeline),
        DocumentKind::Template => template(body, cx).map(Box::new).map(Lowered::Template),
        DocumentKind::InputSet => FromNode::from_node(body, cx).map(Box::new).map(Lowered::InputSet),
        DocumentKind::OverlayInputSet => FromNode::from_node(body, cx).map(Box::new).map(Lowered::Overlay),
        DocumentKind::Connector => connector::connector(body, cx).map(Box::new).map(Lowered::Connector),
        DocumentKind::Secret => connector::secret(body, cx).map(Box::new).map(Lowered::Secret),
        DocumentKind::Trigger => FromNode::from_node(body, cx).map(Box::new).map(Lowered::Trigger),
        DocumentKind::V1 | DocumentKind::Unified | DocumentKind::Unknown => None,
    }
}

fn demand_identifier(body: &Node, cx: &mut Context) {
    let named = body.get("identifier").is_some_and(|identifier| !identifier.is_null());
    if !body.entries().is_empty() && !named {
        cx.incomplete("identifier", body.span);
    }
}

/// Reads the value of `template:`; `None` if it is no map.
pub fn lower_template(node: &Node) -> Parse<Option<TemplateDocument>> {
    let mut cx = Context::new(Identity::Required);
    demand_identifier(node, &mut cx);
    let tree = template(node, &mut cx);
    cx.finish(tree)
}

fn template(node: &Node, cx: &mut Context) -> Option<TemplateDocument> {
    check_tables(node, &[TemplateDocument::FIELDS], cx).then_some(())?;
    let kind = node.get("type").and_then(Node::text).unwrap_or_default();
    let body = match node.get("spec").filter(|spec| matches!(spec.value, Value::Map(_))) {
        Some(spec) => template_body(kind, spec, cx),
        None => TemplateBody::Other,
    };
    Some(TemplateDocument::read_known(node, cx, body))
}

fn template_body(kind: &str, spec: &Node, cx: &mut Context) -> TemplateBody {
    cx.identity = Identity::Optional;
    cx.home = Home::Unknown;
    match kind {
        "Step" => TemplateBody::Step(Box::new(execution::lower_step(spec, cx))),
        "StepGroup" => {
            let stage_type = spec.get("stageType").and_then(Node::text);
            cx.home = match stage_type {
                Some("CI") => Home::Ci,
                Some(_) => Home::Other,
                None => Home::Unknown,
            };
            TemplateBody::StepGroup(Box::new(execution::lower_group(spec, cx)))
        }
        "Stage" => TemplateBody::Stage(Box::new(stage::lower_stage(spec, cx))),
        "Pipeline" => match pipeline::lower(spec, cx) {
            Some(pipeline) => TemplateBody::Pipeline(Box::new(pipeline)),
            None => TemplateBody::Other,
        },
        _ => TemplateBody::Other,
    }
}
