//! The state that all readers share: the diagnostics so far, and functions to report problems of fields.

use cirun_diagnostics::{Diagnostic, Span, nearest};

use crate::{FieldInfo, FieldKind, Node, Parse, Value, codes};

/// Whether stages, steps and groups have names of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// In a pipeline.
    Required,
    /// In the body of a template, which gets its name where it is used.
    Optional,
}

/// The kind of stage around steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StageKind {
    /// A CI stage.
    Ci,
    /// Another stage, whose steps are not checked.
    Other,
    /// A template or a fragment, for either kind.
    Unknown,
}

/// Fields by their names in the Studio's own tables (infra.columns), and their paths in YAML.
const WRITTEN_ELSEWHERE: [(&str, &str); 2] =
    [("limitMemory", "resources.limits.memory"), ("limitCPU", "resources.limits.cpu")];

/// The state of one conversion.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) identity: Identity,
    pub(crate) stage: StageKind,
    diagnostics: Vec<Diagnostic>,
}

impl Context {
    pub(crate) fn new(identity: Identity) -> Self {
        Self { identity, stage: StageKind::Unknown, diagnostics: Vec::new() }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The result, with its diagnostics in the order of the text.
    pub(crate) fn finish<T>(self, tree: T) -> Parse<T> {
        let mut diagnostics = self.diagnostics;
        diagnostics
            .sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| (label.span.source, label.span.start)));
        Parse { tree, diagnostics }
    }

    pub(crate) fn expected_map(&mut self, node: &Node) {
        if self.is_placeholder(node) {
            return;
        }
        let message = format!("expected a map, not {}", node.shape());
        self.report(codes::EXPECTED_MAP.says(message).at(node.span, "").help("write `key: value` lines below the key"));
    }

    pub(crate) fn expected_list(&mut self, node: &Node) {
        if self.is_placeholder(node) {
            return;
        }
        let message = format!("expected a list, not {}", node.shape());
        self.report(codes::EXPECTED_LIST.says(message).at(node.span, "").help("write `- item` lines below the key"));
    }

    /// Reports a placeholder text where a list or a map is needed.
    fn is_placeholder(&mut self, node: &Node) -> bool {
        let Some(text) = node.text().map(str::trim) else { return false };
        let elided = matches!(text, "..." | "…");
        let rendered = text.starts_with("${") || text.starts_with("%{");
        if elided || rendered {
            let message = format!("`{text}` is a placeholder");
            let help = if elided { "write out what belongs here" } else { "render the template, and check the result" };
            self.report(codes::PLACEHOLDER.says(message).at(node.span, "read as empty").help(help));
        }
        elided || rendered
    }

    /// Warns of a document that cannot be used because a field is missing.
    pub(crate) fn incomplete(&mut self, name: &str, owner: Span) {
        self.document_without(name, owner, "left aside");
    }

    /// Warns of a document that can be used without the field, but not saved.
    pub(crate) fn unsaved(&mut self, name: &str, owner: Span) {
        self.document_without(name, owner, "the service refuses to save it");
    }

    fn document_without(&mut self, name: &str, owner: Span, consequence: &str) {
        let message = format!("a document without `{name}`");
        let warning = codes::INCOMPLETE_DOCUMENT.says(message).at(start_of(owner), consequence);
        self.report(warning.help(format!("add `{name}:`")));
    }

    pub(crate) fn missing(&mut self, name: &str, owner: Span) {
        let message = format!("`{name}` is missing");
        let help = format!("add `{name}:`");
        self.report(codes::MISSING_FIELD.says(message).at(start_of(owner), "in this").help(help));
    }

    /// Reports an empty list that needs at least one item.
    pub(crate) fn demand_item(&mut self, name: &str, list: &Node) {
        if matches!(&list.value, Value::List(items) if items.is_empty()) {
            let error = codes::EMPTY_LIST.says(format!("`{name}` is empty")).at(list.span, "the service refuses it");
            self.report(error.help("write an item, or remove the list's parent"));
        }
    }

    /// Warns if there are no `items`.
    pub(crate) fn nothing_to_run(&mut self, what: &str, items: &str, at: Span) {
        self.report(codes::NOTHING_TO_RUN.says(format!("{what} has no {items}")).at(at, "nothing runs here"));
    }

    /// Warns of the keys of `node` that are in none of the tables.
    pub(crate) fn check_fields(&mut self, node: &Node, tables: &[&[FieldInfo]]) {
        for entry in node.entries() {
            let key = entry.key.value.as_str();
            let known = tables
                .iter()
                .any(|table| table.iter().any(|field| field.name == key && field.kind != FieldKind::Unread));
            if !known {
                let fields = tables.iter().flat_map(|table| table.iter());
                let names = fields.filter(|field| field.kind != FieldKind::Unread).map(|field| field.name);
                let mut warning = codes::UNKNOWN_FIELD
                    .says(format!("unknown field `{key}`"))
                    .at(entry.key.span, "nothing reads this");
                let written_elsewhere = WRITTEN_ELSEWHERE.iter().find(|(studio, _)| *studio == key);
                if let Some((_, path)) = written_elsewhere {
                    warning = warning.help(format!("write `{path}`: `{key}` is its name in the Studio"));
                } else if let Some(near) = nearest(key, names) {
                    warning = warning.help(format!("did you mean `{near}`?"));
                }
                self.report(warning);
            }
        }
    }
}

/// The beginning of a long span: a label on a whole stage would show all of it.
pub(crate) fn start_of(span: Span) -> Span {
    Span { end: span.start, ..span }
}
