//! Diagnostics for programs: JSON lines, and SARIF for code scanners.

use std::collections::BTreeSet;

use cirun_parser::{Code, Diagnostic, Severity, Sources, Span};
use serde_json::{Value, json};

use crate::{diagnostics, session::Findings};

/// One JSON object a line for each diagnostic.
pub(super) fn lines(checked: &[Findings]) -> String {
    let mut text = String::new();
    for findings in checked {
        for diagnostic in &findings.diagnostics {
            text.push_str(&object(diagnostic, &findings.sources).to_string());
            text.push('\n');
        }
    }
    text
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let (line, column) = sources.line_column(label.span);
            json!({
                "file": &*sources.get(label.span.source).name,
                "line": line,
                "column": column,
                "text": label.text,
            })
        })
        .collect();
    json!({
        "code": diagnostic.code,
        "severity": diagnostics::severity(diagnostic.severity),
        "message": diagnostic.message,
        "labels": labels,
        "help": diagnostic.help,
    })
}

/// A SARIF 2.1.0 log with one run.
pub(super) fn sarif(checked: &[Findings]) -> String {
    let results: Vec<Value> = checked
        .iter()
        .flat_map(|findings| findings.diagnostics.iter().map(|diagnostic| result(diagnostic, &findings.sources)))
        .collect();
    let known = || cirun_parser::CODES.iter().chain(cirun_planner::CODES);
    let rule = |code: &Code| {
        json!({
            "id": code.id,
            "shortDescription": {"text": code.title},
            "fullDescription": {"text": code.explanation},
            "defaultConfiguration": {"level": level(code.severity)},
        })
    };
    let found: BTreeSet<&str> =
        checked.iter().flat_map(|findings| &findings.diagnostics).map(|found| found.code).collect();
    // A rule that has only its name is better than a result without a rule.
    let others = found.into_iter().filter(|id| known().all(|code| code.id != *id)).map(|id| json!({"id": id}));
    let rules: Vec<Value> = known().map(rule).chain(others).collect();
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
