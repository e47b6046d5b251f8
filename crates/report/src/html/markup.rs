//! Elements and escaping. All text of the page goes through this module.

use std::time::Duration;

/// A page in progress.
#[derive(Default)]
pub(super) struct Markup {
    html: String,
}

/// An attribute and its value; the value is escaped.
pub(super) type Attribute<'a> = (&'static str, &'a str);

impl Markup {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds trusted markup.
    pub(super) fn raw(&mut self, html: &'static str) -> &mut Self {
        self.html.push_str(html);
        self
    }

    /// Adds any text, escaped.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape(&mut self.html, text);
        self
    }

    /// `<name …>`, the output of `inside`, `</name>`.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: &[Attribute<'_>],
        inside: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.html.push('<');
        self.html.push_str(name);
        for (key, value) in attributes {
            self.html.push(' ');
            self.html.push_str(key);
            self.html.push_str("=\"");
            escape(&mut self.html, value);
            self.html.push('"');
        }
        self.html.push('>');
        inside(self);
        self.html.push_str("</");
        self.html.push_str(name);
        self.html.push('>');
        self
    }

    /// An element with a class and only text.
    pub(super) fn leaf(&mut self, name: &'static str, class: &str, text: &str) -> &mut Self {
        let attribute = ("class", class);
        let attributes = if class.is_empty() { &[][..] } else { std::slice::from_ref(&attribute) };
        self.element(name, attributes, |inside| {
            inside.text(text);
        })
    }

    pub(super) fn newline(&mut self) -> &mut Self {
        self.html.push('\n');
        self
    }

    pub(super) fn finish(self) -> String {
        self.html
    }
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            // HTML allows no control characters, not even as references.
            _ if character.is_control() => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
}

/// `part` of `whole` as a percentage in CSS.
pub(super) fn percent(part: Duration, whole: Duration) -> String {
    let share = if whole.is_zero() { 0.0 } else { part.as_secs_f64() / whole.as_secs_f64() };
    format!("{:.2}%", (share * 100.0).clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let mut page = Markup::new();
        page.element("p", &[("title", "\"><script>'")], |p| {
            p.text("</p><script>alert(1)</script> & \u{1b}[31m é");
        });
        assert_snapshot!(page.finish(), @r#"<p title="&quot;&gt;&lt;script&gt;&#39;">&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; �[31m é</p>"#);
    }
}
