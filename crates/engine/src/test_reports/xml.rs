//! XML as the service's reader accepts it: UTF-8 only, and strict, so that cirun refuses the same reports.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event, attributes::AttrError},
};

/// Why a file is not XML as the service reads it.
#[derive(Debug, thiserror::Error)]
pub(super) enum XmlError {
    #[error("byte {byte} is not UTF-8, and CI only reads UTF-8")]
    NotUtf8 {
        /// The number of the first one that is not, from 1.
        byte: usize,
    },
    #[error("its encoding is `{0}`, and CI only reads UTF-8")]
    Encoding(String),
    #[error(transparent)]
    Syntax(#[from] quick_xml::Error),
    #[error(transparent)]
    Attribute(#[from] AttrError),
    #[error("a `<` in an attribute is not escaped")]
    OpenBracket,
    #[error("`]]>` is not in a CDATA section")]
    EndOfCdata,
    #[error("the entity `&{0};` is not one of XML's")]
    Entity(String),
    #[error("XML does not allow the character U+{:04X}", u32::from(*.0))]
    Character(char),
    #[error("the file ends inside `<{0}>`")]
    Unfinished(String),
}

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
/// See [`XmlError`].
pub(super) fn read(bytes: &[u8], mut take: impl FnMut(Part<'_>)) -> Result<(), XmlError> {
    let text = std::str::from_utf8(bytes).map_err(|error| XmlError::NotUtf8 { byte: error.valid_up_to() + 1 })?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().check_comments = true;
    let mut open: Vec<String> = Vec::new();
    loop {
        match reader.read_event()? {
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
                    return Err(XmlError::EndOfCdata);
                }
                take(Part::Text(allowed(&text)?));
            }
            Event::CData(text) => take(Part::Text(allowed(&text.xml10_content())?)),
            Event::GeneralRef(reference) => take(Part::Text(&resolved(&reference)?)),
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") => {
                    return Err(XmlError::Encoding(encoding.into_owned()));
                }
                Some(_) | None => {}
            },
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match open.last() {
        Some(element) => Err(XmlError::Unfinished(element.clone())),
        None => Ok(()),
    }
}

fn started(element: &BytesStart<'_>) -> Result<Element, XmlError> {
    let mut attributes = Vec::new();
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute?;
        if attribute.value.contains('<') {
            return Err(XmlError::OpenBracket);
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), allowed(&value)?.to_owned()));
    }
    Ok(Element { name: element.local_name().as_ref().to_owned(), attributes })
}

/// The text of `&amp;` or `&#10;`. Only XML's own entities are known; a file's own definitions are not read.
fn resolved(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(allowed(character.encode_utf8(&mut [0; 4]))?.to_owned());
    }
    let name = reference.xml10_content();
    let text = quick_xml::escape::resolve_predefined_entity(&name);
    text.map(str::to_owned).ok_or_else(|| XmlError::Entity(name.to_string()))
}

/// The text, if XML allows each of its characters.
fn allowed(text: &str) -> Result<&str, XmlError> {
    let forbidden =
        |c: &char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(forbidden) {
        Some(character) => Err(XmlError::Character(character)),
        None => Ok(text),
    }
}
