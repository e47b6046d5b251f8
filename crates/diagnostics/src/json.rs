//! Diagnostics for programs: a JSON object a line.

use serde_json::{Value, json};

use crate::{Diagnostic, Sources};

/// One JSON object a line for each diagnostic.
pub fn lines<'a>(checked: impl IntoIterator<Item = (&'a [Diagnostic], &'a Sources)>) -> String {
    let mut text = String::new();
    for (diagnostics, sources) in checked {
        for diagnostic in diagnostics {
            text.push_str(&object(diagnostic, sources).to_string());
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
        "severity": diagnostic.severity.as_str(),
        "message": diagnostic.message,
        "labels": labels,
        "help": diagnostic.help,
    })
}
