//! The model as compact text, for golden tests: with the names of the YAML, so that renaming a struct field changes no
//! snapshot. Texts are quoted; expressions, numbers and booleans are not.

mod connectors;
mod documents;
mod execution;

use cirun_diagnostics::Spanned;
use indexmap::IndexMap;

use crate::{Flag, Int, Node, ParameterField, Text, TextList, TextMap, testing::flow};

/// The parts of a value to show.
#[derive(Debug, Default)]
pub(crate) enum Shown {
    #[default]
    Nothing,
    Line(String),
    List(Vec<Shown>),
    Map(Vec<(String, Shown)>),
}

/// A part of the model with an outline.
pub(crate) trait Outline {
    fn outline(&self) -> Shown;
}

impl Shown {
    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Line(_) => false,
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.iter().all(|(_, value)| value.is_empty()),
        }
    }

    fn write(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        match self {
            Self::Nothing => {}
            Self::Line(line) => out.push_str(&format!("{indent}{line}\n")),
            Self::List(items) => {
                for item in items {
                    match item {
                        Self::Line(line) => out.push_str(&format!("{indent}- {line}\n")),
                        Self::Nothing | Self::List(_) | Self::Map(_) => {
                            out.push_str(&format!("{indent}-\n"));
                            item.write(depth + 1, out);
                        }
                    }
                }
            }
            Self::Map(entries) => {
                for (key, value) in entries.iter().filter(|(_, value)| !value.is_empty()) {
                    match value {
                        Self::Line(line) => out.push_str(&format!("{indent}{key}: {line}\n")),
                        Self::Nothing | Self::List(_) | Self::Map(_) => {
                            out.push_str(&format!("{indent}{key}\n"));
                            value.write(depth + 1, out);
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn map<const N: usize>(entries: [(&str, Shown); N]) -> Shown {
    Shown::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

pub(super) fn line(text: &str) -> Shown {
    Shown::Line(text.to_owned())
}

pub(super) fn merged(parts: impl IntoIterator<Item = Shown>) -> Shown {
    let entries = parts.into_iter().flat_map(|part| match part {
        Shown::Map(entries) => entries,
        Shown::Nothing => Vec::new(),
        Shown::Line(_) | Shown::List(_) => vec![(String::new(), part)],
    });
    Shown::Map(entries.collect())
}

impl<T: Outline> Outline for Option<T> {
    fn outline(&self) -> Shown {
        self.as_ref().map(Outline::outline).unwrap_or_default()
    }
}

impl<T: Outline> Outline for Vec<T> {
    fn outline(&self) -> Shown {
        Shown::List(self.iter().map(Outline::outline).collect())
    }
}

impl<T: Outline> Outline for Box<T> {
    fn outline(&self) -> Shown {
        (**self).outline()
    }
}

impl Outline for Spanned<String> {
    fn outline(&self) -> Shown {
        if self.value.is_empty() { Shown::Nothing } else { line(&self.value) }
    }
}

impl Outline for Node {
    fn outline(&self) -> Shown {
        line(&flow(self))
    }
}

impl Outline for IndexMap<String, Node> {
    fn outline(&self) -> Shown {
        Shown::Map(self.iter().map(|(key, value)| (key.clone(), value.outline())).collect())
    }
}

fn parameter<T>(value: &Spanned<ParameterField<T>>, literal: impl FnOnce(&T) -> Shown) -> Shown {
    match &value.value {
        ParameterField::Literal(value) => literal(value),
        ParameterField::Expression(template) => line(&format!("expression {}", template.source().escape_debug())),
    }
}

impl Outline for Text {
    fn outline(&self) -> Shown {
        parameter(self, |text| line(&format!("{text:?}")))
    }
}

impl Outline for Flag {
    fn outline(&self) -> Shown {
        parameter(self, |flag| line(&flag.to_string()))
    }
}

impl Outline for Int {
    fn outline(&self) -> Shown {
        parameter(self, |number| line(&number.to_string()))
    }
}

impl Outline for TextList {
    fn outline(&self) -> Shown {
        parameter(self, |items| if items.is_empty() { line("[]") } else { items.outline() })
    }
}

impl Outline for TextMap {
    fn outline(&self) -> Shown {
        parameter(self, |entries| {
            Shown::Map(entries.iter().map(|(key, value)| (key.0.value.clone(), value.outline())).collect())
        })
    }
}
