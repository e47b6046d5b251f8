//! `cirun schema`: a JSON Schema of Harness documents for editors, from the tables that the parser reads by.
//!
//! Every value may be an expression instead, and every field may be null, as the parser has it.

use std::collections::BTreeSet;

use cirun_parser::{DocumentKind, FieldInfo, FieldKind, STEP_TYPES, tables};
use serde_json::{Map, Value, json};

use crate::{console, error::CliError, exit::ExitCode};

/// The documents by their root key.
const ROOTS: [(&str, DocumentKind); 7] = [
    ("pipeline", DocumentKind::Pipeline),
    ("template", DocumentKind::Template),
    ("inputSet", DocumentKind::InputSet),
    ("overlayInputSet", DocumentKind::OverlayInputSet),
    ("connector", DocumentKind::Connector),
    ("secret", DocumentKind::Secret),
    ("trigger", DocumentKind::Trigger),
];

/// Prints the schema.
pub(crate) fn run() -> Result<ExitCode, CliError> {
    console::data(&format!("{:#}\n", schema()))?;
    Ok(ExitCode::Success)
}

fn schema() -> Value {
    let roots: Map<String, Value> = ROOTS.iter().map(|(root, _)| ((*root).to_owned(), reference(root))).collect();
    let one_of_them: Vec<Value> = ROOTS.iter().map(|(root, _)| json!({"required": [root]})).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Harness documents that cirun reads",
        "type": "object",
        "properties": roots,
        "oneOf": one_of_them,
        "$defs": definitions(),
    })
}

fn definitions() -> Map<String, Value> {
    let mut all: Map<String, Value> = ROOTS
        .iter()
        .map(|(root, kind)| ((*root).to_owned(), by_type(object(tables::document_fields(*kind)), &spec_of(root))))
        .collect();
    let steps: Vec<(&str, Value)> =
        STEP_TYPES.iter().filter_map(|known| known.spec.map(|tables| (known.name, object(&tables.concat())))).collect();
    let named = [
        ("expression", json!({"type": "string", "pattern": "<\\+", "description": "An expression: `<+…>`."})),
        ("stageNode", wrappers(&["stage"], "stageNode")),
        ("executionNode", wrappers(&["step", "stepGroup"], "executionNode")),
        ("stage", by_type(with_type_or_template(object(tables::STAGE)), &[("CI", object(tables::CI_STAGE))])),
        ("step", by_type(with_type_or_template(step_fields()), &steps)),
        ("stepGroup", object(tables::STEP_GROUP)),
        ("serviceSpec", object(&tables::SERVICE_SPEC.concat())),
        ("reports", json!({"anyOf": [object(tables::STEP_REPORTS), {"type": "array", "items": text()}]})),
    ];
    all.extend(named.map(|(name, definition)| (name.to_owned(), definition)));
    all
}

/// What `spec` holds in a document, by the document's `type`.
fn spec_of(root: &str) -> Vec<(&'static str, Value)> {
    match root {
        "template" => vec![
            ("Step", reference("step")),
            ("StepGroup", reference("stepGroup")),
            ("Stage", reference("stage")),
            ("Pipeline", reference("pipeline")),
        ],
        "connector" => vec![
            ("Aws", object(tables::AWS_CONNECTOR)),
            ("DockerRegistry", object(tables::DOCKER_CONNECTOR)),
            ("Gcp", object(tables::GCP_CONNECTOR)),
            ("Azure", object(tables::AZURE_CONNECTOR)),
            ("Artifactory", object(tables::ARTIFACTORY_CONNECTOR)),
            ("Github", object(tables::GIT_CONNECTOR)),
            ("Gitlab", object(tables::GIT_CONNECTOR)),
            ("Bitbucket", object(tables::GIT_CONNECTOR)),
            ("AzureRepo", object(tables::GIT_CONNECTOR)),
            ("Codecommit", object(tables::GIT_CONNECTOR)),
            ("Git", object(tables::GENERIC_GIT_CONNECTOR)),
        ],
        _ => Vec::new(),
    }
}

fn step_fields() -> Value {
    let mut step = object(tables::STEP);
    let names: Vec<&str> = STEP_TYPES.iter().map(|known| known.name).collect();
    step["properties"]["type"] = described(enumeration(&names), "What kind of step it is.");
    step
}

fn with_type_or_template(mut definition: Value) -> Value {
    definition["anyOf"] = json!([{"required": ["type"]}, {"required": ["template"]}]);
    definition
}

/// A map whose `spec` depends on its `type`.
fn by_type(mut definition: Value, specs: &[(&str, Value)]) -> Value {
    let rules = specs.iter().map(|(name, spec)| {
        json!({
            "if": {"required": ["type"], "properties": {"type": {"const": name}}},
            "then": {"properties": {"spec": or_null(spec.clone())}},
        })
    });
    let rules: Vec<Value> = rules.collect();
    if !rules.is_empty() {
        definition["allOf"] = Value::Array(rules);
    }
    definition
}

/// An item of `stages` or `steps`: a map of one key that counts.
fn wrappers(names: &[&str], own: &str) -> Value {
    let mut properties: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), or_null(reference(name)))).collect();
    properties.insert("parallel".to_owned(), or_null(json!({"type": "array", "items": reference(own)})));
    properties.insert("insert".to_owned(), json!(true));
    // The user interface writes it beside the one key that counts.
    properties.insert("contextType".to_owned(), text());
    json!({"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1})
}

fn object(fields: &[FieldInfo]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.to_owned(), described(or_null(kind(&field.kind)), field.about)))
        .collect();
    let mut definition = json!({"type": "object", "properties": properties, "additionalProperties": false});
    // Tables that types share may name a field twice.
    let required: BTreeSet<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        definition["required"] = json!(required);
    }
    definition
}

fn kind(kind: &FieldKind) -> Value {
    match kind {
        FieldKind::Text => text(),
        FieldKind::Flag => or_expression(json!({"enum": [true, false, "true", "false"]})),
        FieldKind::Int => or_expression(json!({"type": ["integer", "string"], "pattern": "^\\s*[-+]?[0-9]+\\s*$"})),
        FieldKind::TextList => json!({"anyOf": [{"type": "array", "items": text()}, text()]}),
        FieldKind::TextMap => or_expression(json!({"type": "object", "additionalProperties": text()})),
        FieldKind::Enum(words) => enumeration(words),
        FieldKind::Object(fields) => or_expression(object(fields)),
        FieldKind::List(item) => or_expression(json!({"type": "array", "items": self::kind(item)})),
        // These depend on the `type` beside them: see `by_type`.
        FieldKind::Named("stageSpec" | "stepSpec" | "templateSpec") | FieldKind::Any => json!({}),
        FieldKind::Named(name) => reference(name),
    }
}

/// Scalars of any look: a number or a boolean where text is wanted keeps its source text.
fn text() -> Value {
    json!({"type": ["string", "number", "boolean", "null"]})
}

fn enumeration(words: &[&str]) -> Value {
    or_expression(json!({"enum": words}))
}

fn or_expression(definition: Value) -> Value {
    json!({"anyOf": [definition, reference("expression")]})
}

fn or_null(definition: Value) -> Value {
    json!({"anyOf": [definition, {"type": "null"}]})
}

fn described(mut definition: Value, about: &str) -> Value {
    if !about.is_empty() {
        definition["description"] = json!(about);
    }
    definition
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

#[cfg(test)]
mod tests;
