//! XML documents, as paths search them.

use std::cell::Cell;

use quick_xml::{Reader, XmlVersion, events::Event};

use crate::fault::Fault;

/// The maximum nesting of elements.
const MAX_DEPTH: usize = 128;

/// The maximum number of nodes that a path may visit, including the paths of its predicates.
const MAX_VISITED: usize = 200_000;

/// A document; element 0 is the document itself, with the root element in it.
#[derive(Debug)]
pub(in crate::functors) struct Document {
    pub(super) elements: Vec<Element>,
    visited: Cell<usize>,
}

/// An element, with its name as written, including its prefix.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) parent: Option<usize>,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) content: Vec<Content>,
    /// Its position in its parent's content.
    pub(super) at: usize,
}

/// The content of an element.
#[derive(Debug)]
pub(super) enum Content {
    Element(usize),
    Text(String),
    Comment(String),
    /// Its target and its text.
    Instruction(String, String),
}

impl Document {
    pub(in crate::functors) fn parse(text: &str) -> Result<Self, String> {
        let mut document = Self { elements: vec![Element::default()], visited: Cell::new(0) };
        let mut reader = Reader::from_str(text);
        let mut open = vec![0];
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            let current = open.last().copied().unwrap_or_default();
            match event {
                Event::Start(start) => {
                    if open.len() > MAX_DEPTH {
                        return Err(format!("elements nest more than {MAX_DEPTH} levels deep"));
                    }
                    open.push(document.add(current, &start)?);
                }
                Event::Empty(start) => {
                    document.add(current, &start)?;
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Text(text) => document.text(current, &text.xml10_content()),
                Event::CData(text) => document.text(current, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let written = format!("&{};", &*reference);
                    let text = quick_xml::escape::unescape(&written).map_err(|error| error.to_string())?;
                    document.text(current, &text);
                }
                Event::Eof if open.len() == 1 => return Ok(document),
                Event::Eof => return Err("an element is not closed".to_owned()),
                Event::Comment(comment) => {
                    document.elements[current].content.push(Content::Comment(comment.xml10_content().into_owned()));
                }
                Event::PI(instruction) => {
                    let target = instruction.target().to_owned();
                    let text = instruction.content().trim_start().to_owned();
                    document.elements[current].content.push(Content::Instruction(target, text));
                }
                Event::Decl(_) | Event::DocType(_) => {}
            }
        }
    }

    fn add(&mut self, parent: usize, start: &quick_xml::events::BytesStart<'_>) -> Result<usize, String> {
        let name = start.name().as_ref().to_owned();
        let at = self.elements[parent].content.len();
        let mut element = Element { name, parent: Some(parent), at, ..Element::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let key = attribute.key.as_ref().to_owned();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            element.attributes.push((key, value.into_owned()));
        }
        let id = self.elements.len();
        self.elements.push(element);
        self.elements[parent].content.push(Content::Element(id));
        Ok(id)
    }

    fn text(&mut self, element: usize, text: &str) {
        // Only white space is allowed between the prologue and the root.
        if element == 0 {
            return;
        }
        let content = &mut self.elements[element].content;
        match content.last_mut() {
            Some(Content::Text(before)) => before.push_str(text),
            Some(Content::Element(_) | Content::Comment(_) | Content::Instruction(..)) | None => {
                content.push(Content::Text(text.to_owned()));
            }
        }
    }

    /// Counts visits, and ends a search with too many of them.
    pub(super) fn visit(&self, nodes: usize) -> Result<(), Fault> {
        self.visited.set(self.visited.get() + nodes);
        if self.visited.get() > MAX_VISITED {
            return Err(Fault::refused(format!("the XPath visits more than {MAX_VISITED} nodes")));
        }
        Ok(())
    }

    /// All text in an element, in order.
    pub(super) fn string_value(&self, element: usize) -> String {
        let mut text = String::new();
        self.collect_text(element, &mut text);
        text
    }

    fn collect_text(&self, element: usize, text: &mut String) {
        for content in &self.elements[element].content {
            match content {
                Content::Element(child) => self.collect_text(*child, text),
                Content::Text(own) => text.push_str(own),
                Content::Comment(_) | Content::Instruction(..) => {}
            }
        }
    }
}
