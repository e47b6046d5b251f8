//! What the service refuses when a document is saved, although it can be read and run: nulls, stages and steps without
//! a name, and the shape of fields that nothing here reads.
//!
//! A run ignores these, so that users can try an incomplete pipeline; `cirun check` reports them.

use cirun_diagnostics::Diagnostic;

use crate::{
    Document, DocumentKind, FieldInfo, FieldKind, Node, Value, codes,
    lower::context::{Context, Identity, start_of},
    step_type, tables,
};

/// The diagnostics of saving a pipeline or a template, in the order of the text; none for other documents, or for one
/// with a syntax error.
pub fn refused_when_saved(document: &Document) -> Vec<Diagnostic> {
    let Some(body) = document.body().filter(|_| document.complete) else { return Vec::new() };
    let mut saving = Saving { cx: Context::new(Identity::Required) };
    match document.kind {
        DocumentKind::Pipeline => saving.fields(body, &[tables::document_fields(document.kind)], Unread::Passed),
        DocumentKind::Template => saving.template(body),
        DocumentKind::InputSet
        | DocumentKind::OverlayInputSet
        | DocumentKind::Connector
        | DocumentKind::Secret
        | DocumentKind::Trigger
        | DocumentKind::V1
        | DocumentKind::Unified
        | DocumentKind::Unknown => {}
    }
    saving.cx.finish(()).diagnostics
}

struct Saving {
    cx: Context,
}

/// Whether to check the shape of fields: the parser has checked those that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    Passed,
    Checked,
}

impl Saving {
    fn template(&mut self, body: &Node) {
        let Some(spec) = body.get("spec") else { return };
        match body.get("type").and_then(Node::text) {
            Some("Step") => self.step(spec, Identity::Optional),
            Some("StepGroup") => self.group(spec, Identity::Optional),
            Some("Stage") => self.stage(spec, Identity::Optional),
            Some("Pipeline") => {
                self.fields(spec, &[tables::document_fields(DocumentKind::Pipeline)], Unread::Passed);
            }
            Some(_) | None => {}
        }
    }

    fn fields(&mut self, node: &Node, tables: &[&[FieldInfo]], unread: Unread) {
        for entry in node.entries() {
            let name = entry.key.value.as_str();
            let fields = tables.iter().flat_map(|table| table.iter());
            if let Some(field) = fields.into_iter().find(|field| field.name == name) {
                self.value(&format!("`{name}`"), &entry.value, (&field.kind, node), unread);
            }
        }
    }

    /// Checks a value; `owner` is the map around it.
    fn value(&mut self, what: &str, value: &Node, (kind, owner): (&FieldKind, &Node), unread: Unread) {
        if value.is_null() {
            if !matches!(kind, FieldKind::Any | FieldKind::Unread) {
                let error =
                    codes::NULL_VALUE.says(format!("{what} is null")).at(value.span, "the service refuses null");
                self.cx.report(error.help("write a value, or remove it"));
            }
            return;
        }
        if unread == Unread::Checked {
            self.shape(value, kind);
        }
        match kind {
            FieldKind::Object(table) => self.fields(value, &[table], unread),
            FieldKind::List(item) | FieldKind::Some(item) => {
                value.items().iter().for_each(|node| self.value("an item", node, (item, value), unread));
            }
            FieldKind::TextList => {
                value.items().iter().for_each(|node| self.value("an item", node, (&FieldKind::Text, value), unread));
            }
            FieldKind::TextMap => value.entries().iter().for_each(|entry| {
                self.value(&format!("`{}`", entry.key.value), &entry.value, (&FieldKind::Text, value), unread);
            }),
            FieldKind::ByType(specs) => {
                let named = owner.get("type").and_then(Node::text);
                if let Some((_, table)) = specs.iter().find(|(name, _)| Some(*name) == named) {
                    self.fields(value, &[table], unread);
                }
            }
            FieldKind::Named(name) => self.named(name, value),
            FieldKind::Text
            | FieldKind::TextOrNumber
            | FieldKind::Identifier
            | FieldKind::Name
            | FieldKind::Duration
            | FieldKind::Flag
            | FieldKind::Int
            | FieldKind::Enum(_)
            | FieldKind::Any
            | FieldKind::Unread => {}
        }
    }

    /// A value that the parser accepts in any form.
    fn shape(&mut self, value: &Node, kind: &FieldKind) {
        let is_text = value.text().is_some_and(|text| !text.contains("<+"));
        if matches!(kind, FieldKind::List(_) | FieldKind::Some(_)) && (is_text || !value.entries().is_empty()) {
            self.cx.expected_list(value);
        }
        if matches!(kind, FieldKind::Object(_) | FieldKind::TextMap) && (is_text || !value.items().is_empty()) {
            self.cx.expected_map(value);
        }
    }

    fn named(&mut self, name: &str, value: &Node) {
        match name {
            "stageNode" => self.wrapper(value, &FieldKind::Named("stageNode")),
            "executionNode" => self.wrapper(value, &FieldKind::Named("executionNode")),
            "infrastructure" => self.fields(value, &[tables::INFRASTRUCTURES], Unread::Checked),
            "resources" => self.fields(value, &[tables::STEP_RESOURCES], Unread::Passed),
            "serviceSpec" => self.fields(value, tables::SERVICE_SPEC, Unread::Passed),
            "reports" => self.fields(value, &[tables::STEP_REPORTS], Unread::Passed),
            _ => {}
        }
    }

    /// An item of `stages` or `steps`; the parser reports a null item.
    fn wrapper(&mut self, node: &Node, kind: &FieldKind) {
        for entry in node.entries() {
            let value = &entry.value;
            match entry.key.value.as_str() {
                "stage" if !value.is_null() => self.stage(value, Identity::Required),
                "step" if !value.is_null() => self.step(value, Identity::Required),
                "stepGroup" if !value.is_null() => self.group(value, Identity::Required),
                "parallel" => {
                    value.items().iter().for_each(|node| self.value("an item", node, (kind, value), Unread::Passed));
                }
                _ => {}
            }
        }
    }

    fn stage(&mut self, node: &Node, identity: Identity) {
        self.name("the stage", node, identity);
        self.fields(node, &[tables::STAGE], Unread::Passed);
        // The steps of other stages are not checked.
        let is_ci = node.get("type").and_then(Node::text) == Some("CI");
        if let Some(spec) = node.get("spec").filter(|_| is_ci) {
            self.fields(spec, &[tables::CI_STAGE], Unread::Passed);
        }
    }

    fn group(&mut self, node: &Node, identity: Identity) {
        self.name("the step group", node, identity);
        self.fields(node, &[tables::STEP_GROUP], Unread::Passed);
    }

    fn step(&mut self, node: &Node, identity: Identity) {
        self.name("the step", node, identity);
        self.fields(node, &[tables::STEP], Unread::Passed);
        let known = node.get("type").and_then(Node::text).and_then(step_type).and_then(|known| known.spec);
        if let (Some(tables), Some(spec)) = (known, node.get("spec")) {
            self.fields(spec, tables, Unread::Passed);
        }
    }

    fn name(&mut self, what: &str, node: &Node, identity: Identity) {
        if identity == Identity::Required && !matches!(node.value, Value::Scalar { .. }) && node.get("name").is_none() {
            let error = codes::MISSING_FIELD.says(format!("{what} has no `name`")).at(start_of(node.span), "in this");
            self.cx.report(error.help("add `name:`, which people see"));
        }
    }
}
