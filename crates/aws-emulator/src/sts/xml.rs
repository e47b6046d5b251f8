//! The subset of XML in STS's responses: elements with text or with elements.

use quick_xml::escape::escape;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An element of a response.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    name: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Text(String),
    Children(Vec<Element>),
}

impl Element {
    pub(super) fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), content: Content::Text(text.into()) }
    }

    pub(super) fn parent(name: &str, children: impl IntoIterator<Item = Self>) -> Self {
        Self { name: name.to_owned(), content: Content::Children(children.into_iter().collect()) }
    }

    /// Returns the response of a successful action: `<ActionResponse><ActionResult>…`.
    pub(super) fn result(action: &str, children: impl IntoIterator<Item = Self>) -> Self {
        Self::parent(&format!("{action}Response"), [Self::parent(&format!("{action}Result"), children)])
    }

    /// Adds the metadata at the end of every successful response.
    pub(super) fn with_request_id(mut self, id: &str) -> Self {
        if let Content::Children(children) = &mut self.content {
            children.push(Self::parent("ResponseMetadata", [Self::text("RequestId", id)]));
        }
        self
    }

    /// Renders the element as the document's root.
    pub(super) fn render(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, &format!(" xmlns=\"{NAMESPACE}\""), 0);
        out
    }

    fn write(&self, out: &mut String, attributes: &str, depth: usize) {
        let indent = "  ".repeat(depth);
        let name = &self.name;
        match &self.content {
            Content::Text(text) => {
                out.push_str(&format!("{indent}<{name}{attributes}>{}</{name}>\n", escape(text)));
            }
            Content::Children(children) => {
                out.push_str(&format!("{indent}<{name}{attributes}>\n"));
                for child in children {
                    child.write(out, "", depth + 1);
                }
                out.push_str(&format!("{indent}</{name}>\n"));
            }
        }
    }
}
