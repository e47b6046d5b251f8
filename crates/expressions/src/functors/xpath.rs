//! XPath 1.0 for `xml.select`, as Java's `javax.xml.xpath` evaluates it: to text.
//!
//! The document ignores namespaces, so a name with a prefix in a path matches nothing.

mod axis;
mod context;
mod document;
mod evaluate;
mod function;
mod lexer;
mod parse;
mod tree;
mod value;

pub(super) use self::document::Document;
use crate::fault::Fault;

/// A parsed path.
#[derive(Debug)]
pub(super) struct XPath(tree::Expression);

impl XPath {
    /// Parses `path`.
    pub(super) fn parse(path: &str) -> Result<Self, Fault> {
        parse::parse(path).map(Self).map_err(|fault| match fault {
            Fault::Refused(message) => {
                Fault::Refused(format!("the XPath `{path}` cannot be evaluated by cirun: {message}"))
            }
            fault => Fault::value(format!("`{path}` is not an XPath: {}", fault.message())),
        })
    }

    /// The result of the path as text: of the first node, a number, `true` or `false`.
    pub(super) fn text(&self, document: &Document) -> Result<String, Fault> {
        // Java's numbers for a path without predicates around it.
        let context = context::Context { document, node: value::Node::Element(0), position: -1, size: 0 };
        Ok(context.evaluate(&self.0)?.text(document))
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    fn select(path: &str, xml: &str) -> String {
        match super::super::xml::call("select", &[path.into(), xml.into()]) {
            Ok(value) => value.map_or_else(String::new, |value| value.render()),
            Err(fault) => fault.message().to_owned(),
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = ["//book[", "a b", "foo()", "$x", "namespace::x", "substring('a')", "'a"];
        let shown = wrong.map(|path| select(path, "<a/>"));
        assert_snapshot!(shown.join("\n"), @"
        `//book[` is not an XPath: a step is missing
        `a b` is not an XPath: something follows its end
        `foo()` is not an XPath: there is no function `foo`
        `$x` is not an XPath: there are no variables
        the XPath `namespace::x` cannot be evaluated by cirun: it has the axis `namespace`
        `substring('a')` is not an XPath: `substring` does not take 1 arguments
        `'a` is not an XPath: a quote is not closed
        ");
    }

    #[test]
    fn a_search_has_limits() {
        let deep = format!("{}{}", "(".repeat(100), ")".repeat(100));
        let message = select(&deep, "<a/>");
        assert_snapshot!(message.rsplit(": ").next().unwrap(), @"it nests more than 48 levels deep");
    }
}
