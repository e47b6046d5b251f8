//! Builds nodes from events, with an explicit stack: nothing here recurses over the input.

use std::{borrow::Cow, collections::BTreeMap};

use cirun_diagnostics::{Diagnostic, SourceId, Span};
use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};

use super::{
    MAX_DEPTH,
    entries::{Key, as_key, merge, tidy},
    syntax::{self, SyntaxMistake},
};
use crate::{Entry, Node, Value, codes};

/// The maximum size of all copies of anchored nodes in one text, in bytes.
const MAX_COPIES: usize = 16 << 20;

pub(super) struct Builder<'t> {
    source: SourceId,
    text: &'t str,
    /// The bytes of `text` before the reader's text.
    base: usize,
    frames: Vec<Frame>,
    /// Finished anchors; `None` if the limit did not allow a copy.
    anchors: BTreeMap<usize, Option<Finished>>,
    copied: usize,
    root: Option<Node>,
    done: Vec<(Node, bool)>,
    diagnostics: Vec<Diagnostic>,
}

/// An open collection.
struct Frame {
    anchor: usize,
    start: u32,
    /// The last byte of its content so far.
    end: u32,
    flow: bool,
    cost: usize,
    height: usize,
    open: Open,
}

enum Open {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, merged: Vec<Entry>, key: Option<Key> },
}

/// A finished node, its size in memory and the nesting depth of its collections.
struct Finished {
    node: Node,
    cost: usize,
    height: usize,
    /// Its end in the text; for an alias this is not the end of its node.
    end: u32,
}

impl<'t> Builder<'t> {
    pub(super) fn new(source: SourceId, text: &'t str, base: usize) -> Self {
        Self {
            source,
            text,
            base,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            copied: 0,
            root: None,
            done: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Roots, each with whether its document was read to its end.
    pub(super) fn finish(mut self) -> (Vec<(Node, bool)>, Vec<Diagnostic>) {
        self.close_all();
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
        (self.done, self.diagnostics)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Keeps the part of the document that was read, and reports why it ends there.
    pub(super) fn break_off(&mut self, mistake: SyntaxMistake) {
        let at = self.char_span(mistake.at);
        let code = if mistake.deep { codes::TOO_DEEP } else { codes::YAML_SYNTAX };
        let mut diagnostic = code.says(mistake.message).at(at, "cirun reads the document up to here");
        diagnostic.help = mistake.help.map(str::to_owned);
        self.report(diagnostic);
        self.close_all();
    }

    fn close_all(&mut self) {
        let reported = self.diagnostics.len();
        while let Some(frame) = self.frames.pop() {
            let finished = self.close(frame);
            self.place(finished);
        }
        // Incomplete nodes have errors that their author did not make.
        self.diagnostics.truncate(reported);
        if let Some(root) = self.root.take() {
            self.done.push((root, false));
        }
        self.anchors.clear();
    }

    /// Handles an event; returns false if the rest of the document should not be read.
    pub(super) fn event(&mut self, event: Event<'_>, span: &granit_parser::Span) -> bool {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::DocumentEnd => {
                if let Some(root) = self.root.take() {
                    let blank = matches!(root.value, Value::Null) && root.span.start == root.span.end;
                    if !blank {
                        self.done.push((root, true));
                    }
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let cost = size_of::<Node>() + text.len();
                let node = self.scalar(text, style, tag.as_deref(), span);
                let finished = Finished { cost, height: 0, end: node.span.end, node };
                self.anchor(anchor, &finished);
                self.place(finished);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), span);
                return self.open(Open::List(Vec::new()), style, anchor, span);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), span);
                return self.open(
                    Open::Map { entries: Vec::new(), merged: Vec::new(), key: None },
                    style,
                    anchor,
                    span,
                );
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut frame) = self.frames.pop() {
                    let anchor = frame.anchor;
                    if frame.flow {
                        frame.end = self.span(span).end;
                    }
                    let finished = self.close(frame);
                    self.anchor(anchor, &finished);
                    self.place(finished);
                }
            }
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                let message = format!("there is no anchor `&{name}` before this alias");
                self.missing_alias(message, span);
            }
            _ => {}
        }
        true
    }

    fn open(&mut self, open: Open, style: StructureStyle, anchor: usize, span: &granit_parser::Span) -> bool {
        let start = self.span(span).start;
        if self.frames.len() >= MAX_DEPTH {
            let at = start as usize - self.base;
            self.break_off(syntax::too_deep(at));
            return false;
        }
        let flow = matches!(style, StructureStyle::Flow);
        self.frames.push(Frame { anchor, start, end: start, flow, cost: size_of::<Node>(), height: 1, open });
        true
    }

    fn close(&mut self, frame: Frame) -> Finished {
        let value = match frame.open {
            Open::List(items) => Value::List(items),
            Open::Map { mut entries, merged, key } => {
                if let Some(Key::Text(key)) = key {
                    let at = Span { start: key.span.end, ..key.span };
                    entries.push(Entry { key, value: Node { span: at, value: Value::Null } });
                }
                Value::Map(tidy(entries, merged, &mut self.diagnostics))
            }
        };
        let span = Span { source: self.source, start: frame.start, end: frame.end };
        Finished { node: Node { span, value }, cost: frame.cost, height: frame.height, end: frame.end }
    }

    /// Adds a node to the innermost open collection.
    fn place(&mut self, finished: Finished) {
        let Finished { node, cost, height, end } = finished;
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.end = frame.end.max(end);
        frame.cost += cost;
        frame.height = frame.height.max(height + 1);
        let problem = match &mut frame.open {
            Open::List(items) => {
                items.push(node);
                None
            }
            Open::Map { entries, merged, key } => match key.take() {
                None => {
                    let (waiting, problem) = as_key(node);
                    *key = Some(waiting);
                    problem
                }
                Some(Key::NotText) => None,
                Some(Key::Text(key)) => {
                    entries.push(Entry { key, value: node });
                    None
                }
                Some(Key::Merge) => merge(node, merged),
            },
        };
        self.diagnostics.extend(problem);
    }

    fn anchor(&mut self, id: usize, finished: &Finished) {
        if id == 0 {
            return;
        }
        let fits = self.afford(finished.cost);
        let copy = || Finished { node: finished.node.clone(), ..*finished };
        self.anchors.insert(id, fits.then(copy));
    }

    fn afford(&mut self, cost: usize) -> bool {
        let fits = self.copied.saturating_add(cost) <= MAX_COPIES;
        if fits {
            self.copied += cost;
        }
        fits
    }

    fn alias(&mut self, id: usize, span: &granit_parser::Span) {
        let at = self.span(span);
        let open = self.frames.len();
        let (cost, height) = match self.anchors.get(&id) {
            None => return self.missing_alias("this alias is inside its own anchor".to_owned(), span),
            Some(Some(anchored)) => (anchored.cost, anchored.height),
            Some(None) => (usize::MAX, 0),
        };
        let problem = if open + height > MAX_DEPTH {
            Some(codes::TOO_DEEP.says("with this alias lists and maps are nested too deeply"))
        } else if self.afford(cost) {
            None
        } else {
            Some(
                codes::ALIAS_EXPANSION.says(format!("aliases would make this document larger than {MAX_COPIES} bytes")),
            )
        };
        let copy = match (&problem, self.anchors.get(&id)) {
            (None, Some(Some(anchored))) => Some(anchored.node.clone()),
            _ => None,
        };
        self.report_once(problem, at);
        let (cost, height) = if copy.is_some() { (cost, height) } else { (0, 0) };
        let node = copy.unwrap_or(Node { span: at, value: Value::Null });
        self.place(Finished { node, cost, height, end: at.end });
    }

    /// A bomb has thousands of aliases too many: one report is enough.
    fn report_once(&mut self, problem: Option<Diagnostic>, at: Span) {
        let Some(problem) = problem else { return };
        if !self.diagnostics.iter().any(|earlier| earlier.code == problem.code) {
            self.report(problem.at(at, "read as null").help("write the values out"));
        }
    }

    fn missing_alias(&mut self, message: String, span: &granit_parser::Span) {
        let at = self.span(span);
        self.report(codes::UNKNOWN_ALIAS.says(message).at(at, "").help("quote the value if it is text"));
        self.place(Finished { node: Node { span: at, value: Value::Null }, cost: 0, height: 0, end: at.end });
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: &granit_parser::Span,
    ) -> Node {
        self.check_tag(tag, span);
        let span = self.span(span);
        let plain = matches!(style, ScalarStyle::Plain) && tag.and_then(Tag::core_suffix) != Some("str");
        let null = plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
        if null {
            return Node { span, value: Value::Null };
        }
        let lead = self.lead(&text, style, span);
        Node { span, value: Value::Scalar { text: text.into_owned(), plain, lead } }
    }

    /// The length of the quote before a text, if the source has the text literally.
    fn lead(&self, text: &str, style: ScalarStyle, span: Span) -> Option<u8> {
        let quote = match style {
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
            ScalarStyle::Literal | ScalarStyle::Folded => return None,
        };
        let inside = span.start as usize + usize::from(quote)..(span.end as usize).saturating_sub(quote.into());
        (self.text.get(inside) == Some(text)).then_some(quote)
    }

    fn check_tag(&mut self, tag: Option<&Tag>, span: &granit_parser::Span) {
        let Some(tag) = tag else { return };
        if tag.core_suffix().is_none() && tag.original() != "!" {
            let at = span.tag_span().map_or_else(|| self.span(span), |tag| self.span(&tag));
            let message = format!("the tag `{}` means nothing here", tag.original());
            self.report(codes::YAML_TAG.says(message).at(at, "ignored").help("quote the value if this is part of it"));
        }
    }

    /// The reader's position in bytes of the source, without trailing spaces and line breaks.
    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        let (start, end) = (range.start + self.base, range.end + self.base);
        let end = self.text.get(start..end).map_or(start, |text| start + text.trim_end().len());
        Span { source: self.source, start: start as u32, end: end as u32 }
    }

    /// The character that begins at a byte of the reader's text.
    fn char_span(&self, at: usize) -> Span {
        let start = (at + self.base).min(self.text.len());
        let length = self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span { source: self.source, start: start as u32, end: (start + length) as u32 }
    }
}
