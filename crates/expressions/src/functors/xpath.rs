//! XPath 1.0, as far as `xml.select` is used: location paths with predicates, `count()` and `string()`.
//!
//! Anything else is refused, not guessed.

use super::xml::{Content, Document};
use crate::fault::Fault;

/// A parsed path, and what is asked of what it finds.
#[derive(Debug, PartialEq)]
pub(super) struct XPath {
    count: bool,
    path: Path,
}

#[derive(Debug, PartialEq)]
struct Path {
    absolute: bool,
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq)]
struct Step {
    /// `//` before it.
    deep: bool,
    test: Test,
    predicates: Vec<Predicate>,
}

#[derive(Debug, PartialEq)]
enum Test {
    Element(String),
    AnyElement,
    Attribute(String),
    AnyAttribute,
    Text,
    This,
    Parent,
}

#[derive(Debug, PartialEq)]
enum Predicate {
    Position(usize),
    Last,
    Exists(Path),
    Compare { path: Path, equal: bool, value: String },
    Contains { path: Path, value: String },
}

/// A node of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Element(usize),
    Attribute(usize, usize),
    Text(usize, usize),
}

impl XPath {
    /// Parses `path`.
    pub(super) fn parse(path: &str) -> Result<Self, Fault> {
        let trimmed = path.trim();
        let argument = |name: &str| trimmed.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        let (count, inner) = match (argument("count"), argument("string")) {
            (Some(inner), _) => (true, inner),
            (None, Some(inner)) => (false, inner),
            (None, None) => (false, trimmed),
        };
        let refused = || Fault::refused(format!("the XPath `{path}` is not one that cirun can evaluate"));
        Ok(Self { count, path: Path::parse(inner).ok_or_else(refused)? })
    }

    /// The text of the first node found, or how many there are.
    pub(super) fn text(&self, document: &Document) -> Result<String, Fault> {
        let found = self.path.find(document, Found::Element(0))?;
        if self.count {
            return Ok(found.len().to_string());
        }
        Ok(found.first().map_or_else(String::new, |found| found.text(document)))
    }
}

impl Path {
    fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let absolute = rest.starts_with('/');
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let deep = rest.starts_with("//");
            let after = rest.strip_prefix("//").or_else(|| rest.strip_prefix('/'));
            if after.is_none() && !steps.is_empty() {
                return None;
            }
            let (step, tail) = Step::parse(deep, after.unwrap_or(rest))?;
            steps.push(step);
            rest = tail;
        }
        (!steps.is_empty()).then_some(Self { absolute, steps })
    }

    fn find(&self, document: &Document, from: Found) -> Result<Vec<Found>, Fault> {
        let mut found = vec![if self.absolute { Found::Element(0) } else { from }];
        for step in &self.steps {
            let mut next: Vec<Found> = Vec::new();
            for node in found {
                let mut origins = vec![node];
                if step.deep {
                    node.descend(document, &mut origins);
                }
                for origin in origins {
                    document.visit(1 + origin.width(document))?;
                    let mut candidates = step.test.candidates(document, origin);
                    for predicate in &step.predicates {
                        candidates = predicate.filter(document, candidates)?;
                    }
                    next.extend(candidates);
                }
            }
            found = next;
        }
        Ok(found)
    }
}

impl Step {
    fn parse(deep: bool, text: &str) -> Option<(Self, &str)> {
        let end = text.find(['/', '[']).unwrap_or(text.len());
        let (test, mut rest) = text.split_at(end);
        let test = match test.trim() {
            "" => return None,
            "." => Test::This,
            ".." => Test::Parent,
            "*" => Test::AnyElement,
            "@*" => Test::AnyAttribute,
            "text()" => Test::Text,
            test => match test.strip_prefix('@') {
                Some(name) => Test::Attribute(plain_name(name)?),
                None => Test::Element(plain_name(test)?),
            },
        };
        let mut predicates = Vec::new();
        while let Some(inside) = rest.strip_prefix('[') {
            let end = closing(inside)?;
            predicates.push(Predicate::parse(inside[..end].trim())?);
            rest = &inside[end + 1..];
        }
        Some((Self { deep, test, predicates }, rest))
    }
}

impl Predicate {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(position) = text.parse() {
            return Some(Self::Position(position));
        }
        if text == "last()" {
            return Some(Self::Last);
        }
        if let Some(inside) = text.strip_prefix("contains(").and_then(|rest| rest.strip_suffix(')')) {
            let (path, value) = inside.split_once(',')?;
            return Some(Self::Contains { path: Path::parse(path)?, value: quoted(value)? });
        }
        if let Some((path, value)) = text.split_once("!=") {
            return Some(Self::Compare { path: Path::parse(path)?, equal: false, value: quoted(value)? });
        }
        if let Some((path, value)) = text.split_once('=') {
            return Some(Self::Compare { path: Path::parse(path)?, equal: true, value: quoted(value)? });
        }
        Path::parse(text).map(Self::Exists)
    }

    fn filter(&self, document: &Document, nodes: Vec<Found>) -> Result<Vec<Found>, Fault> {
        match self {
            Self::Position(position) => {
                Ok(position.checked_sub(1).and_then(|at| nodes.get(at)).copied().into_iter().collect())
            }
            Self::Last => Ok(nodes.last().copied().into_iter().collect()),
            Self::Exists(_) | Self::Compare { .. } | Self::Contains { .. } => {
                let mut kept = Vec::new();
                for node in nodes {
                    if self.holds(document, node)? {
                        kept.push(node);
                    }
                }
                Ok(kept)
            }
        }
    }

    fn holds(&self, document: &Document, node: Found) -> Result<bool, Fault> {
        match self {
            Self::Position(_) | Self::Last => Ok(true),
            Self::Exists(path) => Ok(!path.find(document, node)?.is_empty()),
            Self::Compare { path, equal, value } => {
                Ok(path.find(document, node)?.iter().any(|found| (found.text(document) == *value) == *equal))
            }
            Self::Contains { path, value } => {
                Ok(path.find(document, node)?.first().is_some_and(|found| found.text(document).contains(value)))
            }
        }
    }
}

impl Test {
    fn candidates(&self, document: &Document, node: Found) -> Vec<Found> {
        if *self == Self::This {
            return vec![node];
        }
        let Found::Element(id) = node else { return Vec::new() };
        let element = &document.elements[id];
        let children = element.content.iter().enumerate().filter_map(|(at, content)| match (self, content) {
            (Self::AnyElement, Content::Element(child)) => Some(Found::Element(*child)),
            (Self::Element(name), Content::Element(child)) if document.elements[*child].name == *name => {
                Some(Found::Element(*child))
            }
            (Self::Text, Content::Text(_)) => Some(Found::Text(id, at)),
            _ => None,
        });
        let attributes = element.attributes.iter().enumerate().filter_map(|(at, (name, _))| match self {
            Self::AnyAttribute => Some(Found::Attribute(id, at)),
            Self::Attribute(wanted) if wanted == name => Some(Found::Attribute(id, at)),
            _ => None,
        });
        let parent = element.parent.filter(|_| *self == Self::Parent).map(Found::Element);
        children.chain(attributes).chain(parent).collect()
    }
}

impl Found {
    fn text(self, document: &Document) -> String {
        match self {
            Self::Element(id) => document.string_value(id),
            Self::Attribute(id, at) => document.elements[id].attributes[at].1.clone(),
            Self::Text(id, at) => match &document.elements[id].content[at] {
                Content::Text(text) => text.clone(),
                Content::Element(child) => document.string_value(*child),
            },
        }
    }

    /// How many nodes stand directly in it.
    fn width(self, document: &Document) -> usize {
        match self {
            Self::Element(id) => document.elements[id].content.len() + document.elements[id].attributes.len(),
            Self::Attribute(..) | Self::Text(..) => 0,
        }
    }

    fn descend(self, document: &Document, below: &mut Vec<Self>) {
        let Self::Element(id) = self else { return };
        for content in &document.elements[id].content {
            if let Content::Element(child) = content {
                below.push(Self::Element(*child));
                Self::Element(*child).descend(document, below);
            }
        }
    }
}

fn plain_name(text: &str) -> Option<String> {
    let name = |c: char| c.is_alphanumeric() || "_-.:".contains(c);
    (!text.is_empty() && text.chars().all(name) && !text.contains("::")).then(|| text.to_owned())
}

fn quoted(text: &str) -> Option<String> {
    let text = text.trim();
    let inside = ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inside.or_else(|| text.parse::<f64>().is_ok().then_some(text)).map(str::to_owned)
}

/// Where the `]` that closes stands, with quotes passed over.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, character)| {
        match (quote, character) {
            (None, ']') => return Some(at),
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    const STORE: &str = r#"<?xml version="1.0"?><bookstore xmlns:x="urn:x">
        <book lang="en"><title>A &amp; B</title><price>8</price></book>
        <book lang="de"><title><![CDATA[C]]></title><x:id n="1"/></book>
    </bookstore>"#;

    fn select(path: &str) -> String {
        match super::super::xml::call("select", &[path.into(), STORE.into()]) {
            Ok(value) => value.map_or_else(String::new, |value| value.render()),
            Err(fault) => fault.message().to_owned(),
        }
    }

    #[test]
    fn paths() {
        assert_snapshot!(select("/bookstore/book[1]/title"), @"A & B");
        assert_snapshot!(select("/bookstore/book[last()]/title/text()"), @"C");
        assert_snapshot!(select("//book[@lang='de']/title"), @"C");
        assert_snapshot!(select("//book[title='C']/@lang"), @"de");
        assert_snapshot!(select("//book[contains(title, '&')]/price"), @"8");
        assert_snapshot!(select("//book[not-there]/title"), @"");
        assert_snapshot!(select("//x:id/@n"), @"1");
        assert_snapshot!(select("//price/../title"), @"A & B");
        assert_snapshot!(select("count(//book)"), @"2");
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        assert_snapshot!(select("//book[position() > 1]"), @"the XPath `//book[position() > 1]` is not one that cirun can evaluate");
        assert_snapshot!(select("/a/child::b"), @"the XPath `/a/child::b` is not one that cirun can evaluate");
    }
}
