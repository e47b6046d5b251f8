//! A JSON Schema of Harness documents for editors, from the tables that the parser reads by.
//!
//! Pipelines and templates have a schema in the service too, which refuses to save what does not follow it; what it refuses is
//! refused here as well, typing mistakes besides. Every value may be an expression.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{DocumentKind, FieldInfo, FieldKind, STEP_TYPES, tables};

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

/// The schema, in the draft of 2020-12.
pub fn schema() -> Value {
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
        .map(|(root, kind)| {
            let document = object(tables::document_fields(*kind), style_of(*kind));
            ((*root).to_owned(), by_type(document, &spec_of(root)))
        })
        .collect();
    let steps: Vec<(&str, Value)> = STEP_TYPES
        .iter()
        .filter(|known| known.spec.is_some())
        .map(|known| (known.name, reference(&format!("{}Spec", known.name))))
        .collect();
    let step = by_type(step_fields(), &steps);
    let stage = by_type(saved(tables::STAGE), &[("CI", reference("ciStage"))]);
    let group = with_one_of(saved(tables::STEP_GROUP), &[&["steps"], &["template"]]);
    let named = [
        ("expression", json!({"type": "string", "pattern": "<\\+", "description": "An expression: `<+…>`."})),
        ("identifier", json!({"type": "string", "pattern": "^[a-zA-Z_][0-9a-zA-Z_]{0,127}$"})),
        ("name", json!({"type": "string", "pattern": "^[a-zA-Z_0-9.-][0-9a-zA-Z_\\s.-]{0,127}$"})),
        ("variableName", json!({"type": "string", "pattern": "^[a-zA-Z_][0-9a-zA-Z_.$-]{0,127}$"})),
        ("versionLabel", json!({"type": ["string", "number"], "pattern": "^[0-9a-zA-Z][^\\s/&]{0,127}$"})),
        (
            "duration",
            json!({"type": "string", "pattern": "^\\s*$|<\\+|^\\s*[0-9]+\\s*[wdhms](\\s*[0-9]+\\s*[wdhms])*\\s*$"}),
        ),
        ("map", or_expression(json!({"type": "object"}))),
        ("values", json!({"type": ["object", "string"]})),
        ("stageNode", wrappers(&["stage"], "stageNode")),
        ("executionNode", wrappers(&["step", "stepGroup"], "executionNode")),
        ("ciStage", saved(tables::CI_STAGE)),
        ("infrastructure", with_one_of(saved(tables::INFRASTRUCTURES), &[&["useFromStage"], &["type", "spec"]])),
        ("resources", with_one_of(saved(tables::STEP_RESOURCES), &[&["limits"], &["requests"]])),
        ("stage", with_one_of(identified(stage.clone()), &[&["type"], &["template"]])),
        ("stageBody", with_one_of(stage, &[&["type"], &["template"]])),
        ("step", with_one_of(identified(step.clone()), &[&["type", "spec"], &["template"]])),
        ("stepBody", with_one_of(step, &[&["type", "spec"], &["template"]])),
        ("stepGroup", identified(group.clone())),
        ("stepGroupBody", group),
        ("serviceSpec", saved(&tables::SERVICE_SPEC.concat())),
        (
            "reports",
            json!({"anyOf": [saved(tables::STEP_REPORTS), {"type": "array", "items": text(Style::Saved), "minItems": 1}, reference("expression")]}),
        ),
    ];
    all.extend(named.map(|(name, definition)| (name.to_owned(), definition)));
    for known in STEP_TYPES {
        if let Some(tables) = known.spec {
            let mut spec = saved(&tables.concat());
            if let Some(rules) = step_rules(known.name) {
                spec["allOf"] = rules;
            }
            all.insert(format!("{}Spec", known.name), spec);
        }
    }
    all
}

/// What a type of step needs besides single fields.
fn step_rules(name: &str) -> Option<Value> {
    match name {
        "BuildAndPushDockerRegistry" => {
            Some(json!([{"oneOf": [{"required": ["connectorRef"]}, {"required": ["registryRef"]}]}]))
        }
        "SaveCache" | "RestoreCache" => {
            Some(json!([if_is("providerType", &["Gcs", "S3"], &["bucket", "connectorRef"])]))
        }
        "Policy" => Some(json!([if_is("type", &["Custom"], &["policySpec"])])),
        _ => None,
    }
}

/// Where `field` is one of `words`, other fields are needed.
fn if_is(field: &str, words: &[&str], needed: &[&str]) -> Value {
    json!({
        "if": {"required": [field], "properties": {(field): {"enum": words}}},
        "then": {"required": needed},
    })
}

/// How strict a schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// As the service is when it saves the document: no nulls, and quoted text where text is wanted.
    Saved,
    /// As the service reads documents for which it has no schema: nulls, and scalars of any look.
    Read,
}

fn style_of(kind: DocumentKind) -> Style {
    match kind {
        DocumentKind::Pipeline | DocumentKind::Template => Style::Saved,
        DocumentKind::InputSet
        | DocumentKind::OverlayInputSet
        | DocumentKind::Connector
        | DocumentKind::Secret
        | DocumentKind::Trigger
        | DocumentKind::V1
        | DocumentKind::Unified
        | DocumentKind::Unknown => Style::Read,
    }
}

/// What `spec` holds in a document, by the document's `type`.
fn spec_of(root: &str) -> Vec<(&'static str, Value)> {
    let connector = |table| object(table, Style::Read);
    match root {
        "template" => vec![
            ("Step", reference("stepBody")),
            ("StepGroup", reference("stepGroupBody")),
            ("Stage", reference("stageBody")),
            ("Pipeline", reference("pipeline")),
        ],
        "connector" => vec![
            ("Aws", connector(tables::AWS_CONNECTOR)),
            ("DockerRegistry", connector(tables::DOCKER_CONNECTOR)),
            ("Gcp", connector(tables::GCP_CONNECTOR)),
            ("Azure", connector(tables::AZURE_CONNECTOR)),
            ("Artifactory", connector(tables::ARTIFACTORY_CONNECTOR)),
            ("Github", connector(tables::GIT_CONNECTOR)),
            ("Gitlab", connector(tables::GIT_CONNECTOR)),
            ("Bitbucket", connector(tables::GIT_CONNECTOR)),
            ("AzureRepo", connector(tables::GIT_CONNECTOR)),
            ("Codecommit", connector(tables::GIT_CONNECTOR)),
            ("Git", connector(tables::GENERIC_GIT_CONNECTOR)),
        ],
        _ => Vec::new(),
    }
}

fn step_fields() -> Value {
    let mut step = saved(tables::STEP);
    let names: Vec<&str> = STEP_TYPES.iter().map(|known| known.name).collect();
    step["properties"]["type"] = described(enumeration(&names), "The type of the step.");
    step
}

/// The definition of what has a name of its own.
fn identified(mut definition: Value) -> Value {
    definition["required"] = json!(["identifier", "name"]);
    definition
}

/// One of these sets of fields is there.
fn with_one_of(mut definition: Value, sets: &[&[&str]]) -> Value {
    definition["anyOf"] = sets.iter().map(|fields| json!({"required": fields})).collect();
    definition
}

/// A map whose `spec` depends on its `type`.
fn by_type(mut definition: Value, specs: &[(&str, Value)]) -> Value {
    let rules = specs.iter().map(|(name, spec)| {
        json!({
            "if": {"required": ["type"], "properties": {"type": {"const": name}}},
            "then": {"properties": {"spec": spec}},
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
    let mut properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), reference(name))).collect();
    properties.insert("parallel".to_owned(), json!({"type": "array", "items": reference(own)}));
    properties.insert("insert".to_owned(), json!(true));
    // The user interface writes it beside the one key that counts.
    properties.insert("contextType".to_owned(), text(Style::Saved));
    json!({"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1})
}

fn saved(fields: &[FieldInfo]) -> Value {
    object(fields, Style::Saved)
}

fn object(fields: &[FieldInfo], style: Style) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| {
            let kind = kind(&field.kind, style);
            let kind = if style == Style::Read { or_null(kind) } else { kind };
            (field.name.to_owned(), described(kind, field.about))
        })
        .collect();
    let mut definition = json!({"type": "object", "properties": properties, "additionalProperties": false});
    // Tables that types share may name a field twice.
    let required: BTreeSet<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        definition["required"] = json!(required);
    }
    let specs =
        fields.iter().find_map(|field| if let FieldKind::ByType(specs) = field.kind { Some(specs) } else { None });
    match specs {
        Some(specs) => {
            let specs: Vec<_> =
                specs.iter().map(|(name, table)| (*name, or_expression(object(table, style)))).collect();
            by_type(definition, &specs)
        }
        None => definition,
    }
}

fn kind(kind: &FieldKind, style: Style) -> Value {
    match kind {
        FieldKind::Text => text(style),
        FieldKind::TextOrNumber => json!({"type": ["string", "number"]}),
        FieldKind::Identifier => reference("identifier"),
        FieldKind::Name => reference("name"),
        FieldKind::Duration => reference("duration"),
        FieldKind::Flag => or_expression(json!({"enum": [true, false, "true", "false"]})),
        FieldKind::Int => or_expression(json!({"type": ["integer", "string"], "pattern": "^\\s*[-+]?[0-9]+\\s*$"})),
        FieldKind::TextList => {
            json!({"anyOf": [{"type": "array", "items": text(style)}, text(style)]})
        }
        FieldKind::TextMap => or_expression(json!({"type": "object", "additionalProperties": text(style)})),
        FieldKind::Enum(words) => enumeration(words),
        FieldKind::Object(fields) => or_expression(object(fields, style)),
        FieldKind::List(item) => or_expression(json!({"type": "array", "items": self::kind(item, style)})),
        FieldKind::Some(item) => {
            or_expression(json!({"type": "array", "items": self::kind(item, style), "minItems": 1}))
        }
        // What is in them depends on the `type` beside them: see `by_type`.
        FieldKind::Named("stageSpec" | "stepSpec" | "templateSpec") => or_expression(json!({"type": "object"})),
        FieldKind::ByType(_) | FieldKind::Any | FieldKind::Unread => json!({}),
        FieldKind::Named(name) => reference(name),
    }
}

fn text(style: Style) -> Value {
    match style {
        Style::Saved => json!({"type": "string"}),
        Style::Read => json!({"type": ["string", "number", "boolean", "null"]}),
    }
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
