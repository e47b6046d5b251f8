//! Explains syntax errors of the YAML reader to authors of pipelines.

use granit_parser::{ErrorKind, ScanError};

/// A syntax error: the place (a byte of the reader's text), the problem, and what to do.
pub(super) struct SyntaxMistake {
    pub(super) at: usize,
    pub(super) deep: bool,
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
}

pub(super) fn diagnose(error: &ScanError, text: &str) -> SyntaxMistake {
    let at = place(error, text);
    let deep = matches!(error.kind(), ErrorKind::RecursionLimitExceeded);
    if text.get(at..).is_some_and(|rest| rest.trim_start().starts_with("%{")) {
        let message = "`%{…}` belongs to a Terraform template, which is not YAML yet".to_owned();
        return SyntaxMistake { at, deep, message, help: Some("render the template, and check the result") };
    }
    let (message, help) = describe(error.kind());
    SyntaxMistake { at, deep, message, help }
}

pub(super) fn too_deep(at: usize) -> SyntaxMistake {
    let (message, help) = describe(&ErrorKind::RecursionLimitExceeded);
    SyntaxMistake { at, deep: true, message, help }
}

/// The place of the error. For a tab in an indentation the reader names the value before it.
fn place(error: &ScanError, text: &str) -> usize {
    let at = error.marker().byte_offset().unwrap_or(text.len());
    if describe(error.kind()).0 != TAB || text.as_bytes().get(at) == Some(&b'\t') {
        return at;
    }
    let lines = text.get(at..).unwrap_or_default().match_indices('\n').map(|(newline, _)| at + newline + 1);
    let mut tabs = lines.filter_map(|start| {
        let rest = &text[start..];
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        rest[spaces..].starts_with('\t').then_some(start + spaces)
    });
    tabs.next().unwrap_or(at)
}

const TAB: &str = "a tab where only spaces may indent";

fn describe(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let known = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => Some((TAB, "indent with spaces")),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => Some((
            "this line is not `key: value`",
            "write a space after the colon, or quote the text if it is the rest of a value",
        )),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => Some((
            "`: ` where no key is allowed",
            "quote the value if it holds a colon; check the line before this one and the indentation",
        )),
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::BlockSequenceEntryNotAllowed => Some((
            "this line does not fit the indentation of the lines before it",
            "align it with the keys or items it belongs to",
        )),
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::DocumentIndicatorInQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent => Some(("a quoted text does not end", "close the quotation mark")),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            Some(("text goes on after a closing quotation mark", "quote the whole value, or nothing of it"))
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => Some((
            "a backslash escape that YAML does not know",
            "write `\\\\` for a backslash, or use single quotes or a `|` block",
        )),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => {
            Some(("a `[` or `{` is not closed", "close it, or quote the value if it is text"))
        }
        ErrorKind::MismatchedFlowCollectionEnd { .. } | ErrorKind::MisplacedFlowCollectionEnd => {
            Some(("a closing bracket without its opening one", "quote the value if it is text"))
        }
        ErrorKind::UnexpectedCharacter { .. } => Some((
            "a value cannot begin with this character",
            "quote the value (`@`, `` ` `` and `%` begin no plain text)",
        )),
        ErrorKind::RecursionLimitExceeded => {
            Some(("lists and maps are nested too deeply", "write the document with fewer levels"))
        }
        ErrorKind::MissingAnchorOrAliasName => {
            Some(("`&` or `*` without a name", "quote the value if it begins with a star or an ampersand"))
        }
        _ => None,
    };
    match known {
        Some((message, help)) => (message.to_owned(), Some(help)),
        None => (format!("not YAML: {kind}"), None),
    }
}
