//! The result of an expression.

mod json;
mod text;

use indexmap::IndexMap;
pub(crate) use text::java_float;

/// The longest text that an operation may produce from a shorter one, in bytes.
pub(crate) const MAX_TEXT: usize = 16 << 20;

/// A value as JEXL sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null; rendered as the text `null` (expressions.null).
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    String(String),
    /// A list; renders as JSON.
    List(Vec<Value>),
    /// A map in its written order; renders as JSON.
    Map(IndexMap<String, Value>),
}

impl Value {
    /// The value as text in other text: `null`, plain scalars, collections as JSON.
    pub fn render(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => java_float(*value),
            Self::String(value) => value.clone(),
            Self::List(_) | Self::Map(_) => self.to_json().to_string(),
        }
    }

    /// The truth of a condition, or `None` for null, which is an error in the service.
    ///
    /// Text is true unless it is empty or `false`, a number unless it is zero, a collection always (JEXL 3.0).
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(*value),
            Self::Int(value) => Some(*value != 0),
            Self::Float(value) => Some(!value.is_nan() && *value != 0.0),
            Self::String(value) => Some(!value.is_empty() && value != "false"),
            Self::List(_) | Self::Map(_) => Some(true),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::Value;

    fn json(text: &str) -> Value {
        serde_json::from_str::<serde_json::Value>(text).unwrap().into()
    }

    #[test]
    fn rendered_collections_are_json_and_texts_plain() {
        assert_snapshot!(json(r#"{"b": [1, 2.5, null, "x\"y"], "a": true}"#).render(), @r#"{"b":[1,2.5,null,"x\"y"],"a":true}"#);
        assert_snapshot!(json(r#""plain""#).render(), @"plain");
        assert_snapshot!(Value::Null.render(), @"null");
    }

    #[test]
    fn floats_look_as_in_java() {
        let shown = [1.0, 0.1, -2.5, 1e7, 123_456_789.0, 1.5e-5, 0.001, f64::NAN, f64::INFINITY]
            .map(|number| Value::Float(number).render());
        assert_snapshot!(shown.join(" "), @"1.0 0.1 -2.5 1.0E7 1.23456789E8 1.5E-5 0.001 NaN Infinity");
    }

    #[test]
    fn truth_of_values() {
        let shown: Vec<String> =
            [r#""""#, r#""false""#, r#""False""#, r#""no""#, "0", "0.5", "[]", "{}", "null", "false"]
                .map(|text| {
                    format!("{text}:{}", json(text).truth().map_or_else(|| "?".to_owned(), |truth| truth.to_string()))
                })
                .into();
        assert_snapshot!(shown.join(" "), @r#""":false "false":false "False":true "no":true 0:false 0.5:true []:true {}:true null:? false:false"#);
    }
}
