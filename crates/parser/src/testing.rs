//! Test helpers for several modules.

use cirun_diagnostics::{Diagnostic, Severity, Sources};

use crate::{Entry, Node, Value};

/// `line:col severity code message`, with further labels and the help on lines of their own.
pub(crate) fn render(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Note => "note",
        Severity::Parity => "parity",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut places = diagnostic.labels.iter().map(|label| {
        let (line, column) = sources.line_column(label.span);
        let text = if label.text.is_empty() { String::new() } else { format!(" ({})", label.text) };
        format!("{line}:{column}{text}")
    });
    let mut out =
        format!("{} {severity} {}: {}", places.next().unwrap_or_default(), diagnostic.code, diagnostic.message);
    for place in places {
        out.push_str(&format!("\n    also {place}"));
    }
    if let Some(help) = &diagnostic.help {
        out.push_str(&format!("\n    help: {help}"));
    }
    out
}

/// A tree on one line, scalars as their text.
pub(crate) fn flow(node: &Node) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    match &node.value {
        Value::Null => "~".to_owned(),
        Value::Scalar { text, .. } => text.clone(),
        Value::List(items) => format!("[{}]", join(items.iter().map(flow).collect())),
        Value::Map(entries) => {
            let entry = |entry: &Entry| format!("{}: {}", entry.key.value, flow(&entry.value));
            format!("{{{}}}", join(entries.iter().map(entry).collect()))
        }
    }
}
