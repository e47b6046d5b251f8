//! The kind of a document, by its shape alone (documents.recognition): schema validation cannot decide, because a v1
//! pipeline is also a valid v0 one.

use cirun_diagnostics::Diagnostic;

use crate::{Document, DocumentKind, Entry, Node, codes};

/// Roots of v0 documents that are sufficient by name.
const ROOTS: &[(&str, DocumentKind)] = &[
    ("inputSet", DocumentKind::InputSet),
    ("overlayInputSet", DocumentKind::OverlayInputSet),
    ("connector", DocumentKind::Connector),
    ("secret", DocumentKind::Secret),
    ("trigger", DocumentKind::Trigger),
];

/// Keys of a unified stage item that a v0 stage item never has.
const UNIFIED_STAGE: &[&str] =
    &["id", "steps", "chain", "dynamic", "group", "run", "uses", "action", "deploy", "build", "test", "template"];

/// Keys that only a unified pipeline has.
const UNIFIED_PIPELINE: &[&str] = &["id", "on", "jobs", "inputs", "repo", "clone", "steps", "if", "env"];

/// The one inner key of a unified template.
const UNIFIED_TEMPLATE: &[&str] = &["pipeline", "stage", "step", "group", "agent"];

/// Files of other programs that are common next to Harness's: keys of the root, and the program.
const OTHERS: &[(&[&str], &str)] = &[
    (&["apiVersion", "kind"], "a Kubernetes manifest"),
    (&["on", "jobs"], "a GitHub Actions workflow"),
    (&["services", "version"], "a Compose file"),
    (&["kind", "steps"], "a Drone pipeline"),
    (&["stages", "script"], "a GitLab pipeline"),
];

pub(crate) fn kind(root: &Node) -> DocumentKind {
    let has = |key: &str| root.get(key).is_some();
    if has("version") && has("kind") && has("spec") {
        return DocumentKind::V1;
    }
    if let Some(pipeline) = root.get("pipeline") {
        let unified = is_unified_pipeline(pipeline) || root.get("version").and_then(Node::text) == Some("1");
        return if unified { DocumentKind::Unified } else { DocumentKind::Pipeline };
    }
    if let Some(template) = root.get("template") {
        let v0 = template.get("type").is_some() || template.get("versionLabel").is_some();
        let unified = !v0 && UNIFIED_TEMPLATE.iter().any(|key| template.get(key).is_some());
        // A reference, or the `template:` of a program other than Harness.
        let reference = template.get("templateRef").is_some() || template.get("metadata").is_some();
        return match (unified, reference && template.get("type").is_none()) {
            (true, _) => DocumentKind::Unified,
            (false, true) => DocumentKind::Unknown,
            (false, false) => DocumentKind::Template,
        };
    }
    ROOTS.iter().find(|(key, _)| has(key)).map_or(DocumentKind::Unknown, |(_, kind)| *kind)
}

fn is_unified_pipeline(pipeline: &Node) -> bool {
    let v0 = ["identifier", "projectIdentifier", "orgIdentifier", "properties"];
    if v0.iter().any(|key| pipeline.get(key).is_some()) || pipeline.at(&["template", "templateRef"]).is_some() {
        return false;
    }
    let stages = pipeline.get("stages").map_or(&[][..], Node::items);
    if stages
        .iter()
        .any(|item| item.get("stage").is_some() || item.get("parallel").is_some_and(|p| !p.items().is_empty()))
    {
        return false;
    }
    stages.iter().any(|item| has_one_of(item, UNIFIED_STAGE)) || has_one_of(pipeline, UNIFIED_PIPELINE)
}

fn has_one_of(node: &Node, keys: &[&str]) -> bool {
    node.entries().iter().any(|Entry { key, .. }| keys.contains(&key.value.as_str()))
}

impl Document {
    /// Why cirun cannot use this document, if it is not v0: the message if a user named its file.
    pub fn unsupported(&self) -> Option<Diagnostic> {
        let first = self.root.entries().first().map_or(self.root.span, |entry| entry.key.span);
        match self.kind {
            DocumentKind::V1 => Some(
                codes::V1_DOCUMENT
                    .says("this is a document of Harness's v1 format")
                    .at(first, "")
                    .help("cirun reads the v0 format: `pipeline:` at the root, `- stage:` items under `stages:`"),
            ),
            DocumentKind::Unified => Some(
                codes::UNIFIED_DOCUMENT
                    .says("this is a document of Harness's unified format (3.0)")
                    .at(first, "")
                    .help("cirun reads the v0 format: `- stage:` items with `identifier`, `type: CI` and `spec`"),
            ),
            DocumentKind::Unknown => Some(self.not_harness().at(first, "")),
            DocumentKind::Pipeline
            | DocumentKind::Template
            | DocumentKind::InputSet
            | DocumentKind::OverlayInputSet
            | DocumentKind::Connector
            | DocumentKind::Secret
            | DocumentKind::Trigger => None,
        }
    }

    fn not_harness(&self) -> Diagnostic {
        let has = |key: &&str| self.root.get(key).is_some();
        let fragment = |message: &str, help: &str| codes::NOT_HARNESS.says(message).help(help);
        if has(&"stages") && (has(&"identifier") || has(&"name") || has(&"projectIdentifier")) {
            return fragment("a pipeline without its `pipeline:` line", "put `pipeline:` above and indent the rest");
        }
        if let Some((_, program)) = OTHERS.iter().find(|(keys, _)| keys.iter().all(has)) {
            return codes::NOT_HARNESS.says(format!("this is {program}, not a Harness document"));
        }
        if ["stage", "stages", "step", "steps", "stepGroup", "execution"].iter().any(has)
            || !self.root.items().is_empty()
        {
            return fragment("a part of a pipeline, not a whole one", "a pipeline begins with `pipeline:`");
        }
        fragment("not a Harness document", "a pipeline begins with `pipeline:`")
    }
}
