//! XML as the service's reader accepts it: UTF-8 only, and strict, so that cirun refuses the same reports.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};

/// A part of a document.
pub(super) enum Part<'d> {
    /// An element begins.
    Start(Element),
    /// The innermost element ends.
    End,
    /// Some of the text in the innermost element.
    Text(&'d str),
}

/// The start of an element.
pub(super) struct Element {
    /// Its name, without the prefix.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute by its name without the prefix; the last one of several, and empty if there is none.
    pub(super) fn take(&mut self, name: &str) -> String {
        let found = self.attributes.iter_mut().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| std::mem::take(value)).unwrap_or_default()
    }
}

/// Passes the parts of a document to `take`, up to the first error. Several roots are allowed.
///
/// # Errors
/// The problem, as text to print.
pub(super) fn read(bytes: &[u8], mut take: impl FnMut(Part<'_>)) -> Result<(), String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("byte {} is not UTF-8, and CI only reads UTF-8", error.valid_up_to() + 1))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().check_comments = true;
    let mut open: Vec<String> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(element) => {
                let element = started(&element)?;
                open.push(element.name.clone());
                take(Part::Start(element));
            }
            Event::Empty(element) => {
                take(Part::Start(started(&element)?));
                take(Part::End);
            }
            Event::End(_) => {
                open.pop();
                take(Part::End);
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                if text.contains("]]>") {
                    return Err("`]]>` is not in a CDATA section".to_owned());
                }
                take(Part::Text(allowed(&text)?));
            }
            Event::CData(text) => take(Part::Text(allowed(&text.xml10_content())?)),
            Event::GeneralRef(reference) => take(Part::Text(&resolved(&reference)?)),
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") => {
                    return Err(format!("its encoding is `{encoding}`, and CI only reads UTF-8"));
                }
                Some(_) | None => {}
            },
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match open.last() {
        Some(element) => Err(format!("the file ends inside `<{element}>`")),
        None => Ok(()),
    }
}

fn started(element: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.value.contains('<') {
            return Err("a `<` in an attribute is not escaped".to_owned());
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), allowed(&value)?.to_owned()));
    }
    Ok(Element { name: element.local_name().as_ref().to_owned(), attributes })
}

/// The text of `&amp;` or `&#10;`. Only XML's own entities are known; a file's own definitions are not read.
fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(allowed(character.encode_utf8(&mut [0; 4]))?.to_owned());
    }
    let name = reference.xml10_content();
    let text = quick_xml::escape::resolve_predefined_entity(&name);
    text.map(str::to_owned).ok_or_else(|| format!("the entity `&{name};` is not one of XML's"))
}

/// The text, if XML allows each of its characters.
fn allowed(text: &str) -> Result<&str, String> {
    let forbidden =
        |c: &char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(forbidden) {
        Some(character) => Err(format!("XML does not allow the character U+{:04X}", u32::from(character))),
        None => Ok(text),
    }
}
