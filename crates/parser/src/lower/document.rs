//! Reads complete documents of every kind, for `cirun check`.

use cirun_diagnostics::{Spanned, follows_from_the_end};

use crate::{
    Document, DocumentKind, Node, Parse,
    lower::{
        connector,
        context::{Context, Identity, StageKind},
        entries::{check_word, read},
        execution, pipeline,
        spec::{FromNode, check_tables, is_map},
        stage,
    },
    model::{Lowered, TemplateBody, TemplateDocument},
    tables::document_fields,
};

/// Reads a document of any kind; `None` if it is not v0, or if its body is not a map, which is then reported.
///
/// Missing fields of a document with a syntax error are not reported: they may be after the error.
pub fn lower_document(document: &Document) -> Parse<Option<Lowered>> {
    let mut cx = Context::new(Identity::Required);
    let tree = document.body().and_then(|body| lower(document.kind, body, &mut cx));
    let mut parse = cx.finish(tree);
    if document.complete {
        parse.diagnostics.extend(document.unsupported());
    } else {
        parse.diagnostics.retain(|diagnostic| !follows_from_the_end(diagnostic));
    }
    parse
}

fn lower(kind: DocumentKind, body: &Node, cx: &mut Context) -> Option<Lowered> {
    if body.is_null() {
        cx.expected_map(body);
    }
    demand_fields(kind, body, cx);
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

/// Warns of missing fields that the service needs to save a document but a reader does not.
fn demand_fields(kind: DocumentKind, body: &Node, cx: &mut Context) {
    let missed_by_the_reader: &[&str] = match kind {
        DocumentKind::Template => &["type"],
        DocumentKind::Connector => &["identifier", "type", "spec"],
        DocumentKind::Secret => &["identifier"],
        DocumentKind::InputSet | DocumentKind::OverlayInputSet | DocumentKind::Trigger => &[],
        DocumentKind::Pipeline | DocumentKind::V1 | DocumentKind::Unified | DocumentKind::Unknown => return,
    };
    if body.entries().is_empty() {
        return;
    }
    let needed = document_fields(kind).iter().filter(|field| field.required).map(|field| field.name);
    for name in needed.filter(|name| !missed_by_the_reader.contains(name)) {
        match body.get(name) {
            Some(value) if !value.is_null() => {}
            Some(_) | None if name == "identifier" => cx.incomplete(name, body.span),
            Some(_) | None => cx.unsaved(name, body.span),
        }
    }
}

/// The types of templates that pipelines with CI stages use.
const BODIES: &[&str] = &["Step", "StepGroup", "Stage", "Pipeline"];

/// All types of templates (documents.templates).
const TYPES: &[&str] = &[
    "Step",
    "StepGroup",
    "Stage",
    "Pipeline",
    "SecretManager",
    "MonitoredService",
    "ArtifactSource",
    "CustomDeployment",
    "Workspace",
    "Notification",
];

fn template(node: &Node, cx: &mut Context) -> Option<TemplateDocument> {
    check_tables(node, &[TemplateDocument::FIELDS], cx).then_some(())?;
    let kind = read::<Spanned<String>>(node, "type", cx);
    if let Some(kind) = kind.as_ref().filter(|kind| !BODIES.contains(&kind.value.as_str())) {
        check_word(kind, TYPES, cx);
    }
    let kind = kind.as_ref().map_or("", |kind| kind.value.as_str());
    let body = match node.get("spec").filter(|spec| !spec.is_null()) {
        Some(spec) if is_map(spec, cx) => template_body(kind, spec, cx),
        Some(_) => TemplateBody::Other,
        None => {
            if kind.is_empty() || BODIES.contains(&kind) {
                cx.missing("spec", node.span);
            }
            TemplateBody::Other
        }
    };
    Some(TemplateDocument::read_known(node, cx, body))
}

fn template_body(kind: &str, spec: &Node, cx: &mut Context) -> TemplateBody {
    cx.identity = Identity::Optional;
    cx.stage = StageKind::Unknown;
    match kind {
        "Step" => TemplateBody::Step(Box::new(execution::lower_step(spec, cx))),
        "StepGroup" => {
            let stage_type = spec.get("stageType").and_then(Node::text);
            cx.stage = match stage_type {
                Some("CI") => StageKind::Ci,
                Some(_) => StageKind::Other,
                None => StageKind::Unknown,
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
