//! Diagnostics for code scanners: SARIF 2.1.0.

use serde_json::{Value, json};

use crate::{Code, Diagnostic, Severity, Sources, Span, codes};

/// A SARIF 2.1.0 log with one run.
pub fn sarif<'a>(checked: impl IntoIterator<Item = (&'a [Diagnostic], &'a Sources)>) -> String {
    let results: Vec<Value> = checked
        .into_iter()
        .flat_map(|(diagnostics, sources)| diagnostics.iter().map(|diagnostic| result(diagnostic, sources)))
        .collect();
    let rule = |code: &Code| {
        json!({
            "id": code.id,
            "shortDescription": {"text": code.title},
            "fullDescription": {"text": code.explanation},
            "defaultConfiguration": {"level": level(code.severity)},
        })
    };
    let rules: Vec<Value> = codes::all().map(rule).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "cirun", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\n{help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let locations: Vec<Value> = diagnostic.labels.iter().take(1).map(|label| location(label.span, sources)).collect();
    json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": locations,
    })
}

fn location(span: Span, sources: &Sources) -> Value {
    let (line, column) = sources.line_column(span);
    json!({"physicalLocation": {
        "artifactLocation": {"uri": &*sources.get(span.source).name},
        "region": {"startLine": line, "startColumn": column},
    }})
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Parity | Severity::Note => "note",
    }
}
