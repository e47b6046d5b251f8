//! Parses text to trees. Only this module uses the YAML crate.
//!
//! Scalars keep their text and their place; readers of a field give them a type. Aliases and merge keys are resolved
//! here, within a limit, so that no other module has to handle them.

mod builder;
mod entries;
mod syntax;

use builder::Builder;
use cirun_diagnostics::{Diagnostic, SourceId, Sources, Span};
use granit_parser::{Event, Parser};

use crate::{Document, Parse, codes, recognise};

/// The largest text that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// The deepest nesting of lists and maps that is read.
pub const MAX_DEPTH: usize = 128;

/// The bytes of a file as the text for [`Sources::add`], without a byte order mark.
///
/// # Errors
/// A diagnostic without a place if the bytes are not UTF-8 or too many.
pub fn decode(bytes: &[u8]) -> Result<&str, Diagnostic> {
    if bytes.len() > MAX_BYTES {
        return Err(codes::FILE_TOO_LARGE
            .says(format!("{} bytes, more than the {MAX_BYTES} that are read", bytes.len()))
            .help("check that this is a pipeline"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn not_utf8(bytes: &[u8], at: usize) -> Diagnostic {
    let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let help = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file begins like UTF-16: save it as UTF-8",
        _ => "save the file as UTF-8",
    };
    codes::NOT_UTF8.says(format!("the text is not UTF-8: byte {:#04x} in line {line}", bytes[at])).help(help)
}

/// Reads all documents of a text: trees as complete as the text allows, with its diagnostics.
///
/// A document with a syntax error is kept up to the error, with [`Document::complete`] unset; the documents after it
/// are read. Unsupported kinds of documents are not diagnostics here: see [`Document::unsupported`].
pub fn parse_documents(sources: &Sources, id: SourceId) -> Parse<Vec<Document>> {
    let text: &str = &sources.get(id).text;
    let place = |start: usize, end: usize| Span { source: id, start: start as u32, end: end as u32 };
    if text.len() > MAX_BYTES {
        let message = format!("{} bytes, more than the {MAX_BYTES} that are read", text.len());
        return Parse { tree: Vec::new(), diagnostics: vec![codes::FILE_TOO_LARGE.says(message).at(place(0, 0), "")] };
    }
    let base = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let end = text.find('\0').unwrap_or(text.len());
    let mut builder = Builder::new(id, text, base);
    read(&text[base..end], &mut builder);
    if end < text.len() {
        let label = "cirun reads the text up to here";
        builder.report(codes::CONTROL_CHARACTER.says("the text has a NUL character").at(place(end, end + 1), label));
    }
    let (roots, mut diagnostics) = builder.finish();
    let tree: Vec<_> =
        roots.into_iter().map(|(root, complete)| Document { kind: recognise::kind(&root), root, complete }).collect();
    if tree.is_empty() && diagnostics.is_empty() {
        diagnostics.push(codes::EMPTY_DOCUMENT.says("there is no document in this text").at(place(0, 0), ""));
    }
    Parse { tree, diagnostics }
}

fn read(text: &str, builder: &mut Builder<'_>) {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(event) = parser.next_event() {
        let go_on = match event {
            Ok((Event::StreamEnd, _)) => return,
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => {
                builder.break_off(syntax::diagnose(&error, text));
                false
            }
        };
        if !go_on && !parser.proceed_next_document().unwrap_or(false) {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
