//! Identifiers (documents.identifiers).

use cirun_diagnostics::{Span, Spanned};
use indexmap::IndexMap;

use crate::{
    Node, codes,
    lower::{
        context::{Context, Identity},
        leaf::short,
    },
};

/// Words that expressions cannot use in a path [D entity-identifier-reference].
const RESERVED: &[&str] = &[
    "or",
    "and",
    "eq",
    "ne",
    "lt",
    "gt",
    "le",
    "ge",
    "div",
    "mod",
    "not",
    "null",
    "true",
    "false",
    "new",
    "var",
    "return",
    "step",
    "parallel",
    "stepGroup",
    "org",
    "account",
    "status",
    "liteEngineTask",
];

/// Reports an identifier that the service refuses or that expressions cannot use.
pub(crate) fn check(identifier: &Spanned<String>, cx: &mut Context) {
    let (text, span) = (identifier.value.as_str(), identifier.span);
    if text.is_empty() || text.contains("<+") {
        return;
    }
    if !is_identifier(text) {
        let warning = codes::BAD_IDENTIFIER
            .says(format!("`{}` is not an identifier", short(text)))
            .at(span, "the service refuses it")
            .help(format!("for example `{}`", suggestion(text)));
        cx.report(warning);
    } else if RESERVED.contains(&text) {
        let warning = codes::RESERVED_IDENTIFIER
            .says(format!("`{text}` is a reserved word"))
            .at(span, "expressions cannot name it")
            .help(format!("for example `{text}_1`"));
        cx.report(warning);
    }
}

/// Reads the `identifier` of a stage, step or step group; the body of a template has none.
pub(crate) fn read(node: &Node, cx: &mut Context) -> Spanned<String> {
    // Only the outermost part of a template's body gets its name where the template is used.
    let identity = std::mem::replace(&mut cx.identity, Identity::Required);
    let found = node
        .get("identifier")
        .filter(|node| !node.is_null())
        .and_then(|found| found.text().map(|text| Spanned { value: text.to_owned(), span: found.span }));
    match found {
        Some(identifier) => {
            check(&identifier, cx);
            identifier
        }
        None => {
            if identity == Identity::Required {
                cx.missing("identifier", node.span);
            }
            Spanned { value: String::new(), span: Span { end: node.span.start, ..node.span } }
        }
    }
}

/// Reports duplicate identifiers among siblings.
pub(crate) fn check_unique<'a>(identifiers: impl Iterator<Item = &'a Spanned<String>>, what: &str, cx: &mut Context) {
    let mut seen: IndexMap<&str, Span> = IndexMap::new();
    for identifier in identifiers.filter(|identifier| !identifier.value.is_empty()) {
        match seen.get(identifier.value.as_str()) {
            None => {
                seen.insert(&identifier.value, identifier.span);
            }
            Some(first) => cx.report(
                codes::DUPLICATE_IDENTIFIER
                    .says(format!("two {what} have the identifier `{}`", identifier.value))
                    .at(identifier.span, "again here")
                    .at(*first, "first here")
                    .help("give each its own"),
            ),
        }
    }
}

fn is_identifier(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= 128 && text.chars().all(word) && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn suggestion(text: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let clean: String = text.chars().take(127).map(word).collect();
    if clean.starts_with(|c: char| c.is_ascii_digit()) { format!("_{clean}") } else { clean }
}
