//! A scope for tests, and a format for results.

use crate::{EvalError, Evaluation, Lookup, Scope, Segment, SyntaxError, Template, Value};

/// The names of the tests' expressions.
const DATA: &str = r##"{
  "pipeline": {
    "name": "My Shop", "identifier": "My_Shop", "sequenceId": 42,
    "variables": {
      "region": "eu-west-1", "version": "1.2.3", "list": "a,b,c", "quick": "true", "stageName": "build",
      "image": "acme/<+pipeline.identifier.toLowerCase()>:<+pipeline.sequenceId>",
      "sum": "<+a> + 2 * <+b>", "side": "<+f><+g>", "tag": "v<+pipeline.sequenceId>",
      "loop": "<+pipeline.variables.loop2>", "loop2": "<+pipeline.variables.loop>",
      "chain": "<+pipeline.variables.region>", "url": "https://<+f>.test/?x=<+a>&y=<+b>//z",
      "holed": "acme/<+unknown>", "broken": "<+pipeline.name", "token": "<+secrets.getValue(\"token\")>"
    },
    "stages": {"build": {"status": "SUCCEEDED", "identifier": "build"}}
  },
  "codebase": {"branch": "main", "tag": null, "repoUrl": "https://github.com/acme/shop", "build": {"type": "branch"}},
  "execution": {"steps": {"Group_0": {"steps": {"t": {"status": "FAILED"}}}}},
  "stepGroup": {"identifierPostFix": "_0"},
  "matrix": {"service": {"name": "api", "ports": [80, 443]}},
  "a": 5, "b": 12, "half": 0.5, "yes": true, "f": "abc", "g": "def", "empty_text": "", "none": null,
  "items": ["x", "y", "z"], "plain": {"k": "v", "a.b": "dotted", "n": {"m": [1, 2]}},
  "json_text": "{\"books\": [{\"title\": \"A\", \"pages\": 8}, {\"title\": \"B\", \"pages\": 9}], \"id\": \"x-1\"}",
  "xml_text": "<shop><book lang='en'><title>A</title></book><book><title>B</title></book></shop>",
  "wait": "~pending~", "deep": {"wait": "~pending~"}, "hidden": "~secret~",
  "secrets": {"token": "s3cret <+a>", "name_of_token": "token", "later": "~pending~"}
}"##;

pub(crate) struct TestScope {
    data: Value,
}

impl TestScope {
    /// A scope with the values of a JSON map, including `secrets`.
    pub(crate) fn from_json(text: &str) -> Self {
        Self { data: serde_json::from_str::<serde_json::Value>(text).unwrap().into() }
    }
}

impl Scope for TestScope {
    fn lookup(&self, path: &[Segment]) -> Lookup {
        let mut value = &self.data;
        for segment in path {
            let found = match (value, segment) {
                (Value::Map(entries), Segment::Key(key)) => entries.get(key),
                (Value::List(items), Segment::Index(at)) => items.get(*at),
                _ => None,
            };
            match found {
                Some(found) => value = found,
                None => return Lookup::Missing,
            }
        }
        match value {
            Value::String(text) if text == "~pending~" => Lookup::Pending,
            Value::String(text) if text == "~secret~" => Lookup::Found { value: "hush".into(), secret: true },
            value => Lookup::Found { value: value.clone(), secret: false },
        }
    }

    fn secret(&self, id: &str) -> Lookup {
        self.lookup(&["secrets", id].map(|key| Segment::Key(key.to_owned())))
    }

    fn now_ms(&self) -> i64 {
        1_700_000_000_123
    }
}

/// Parses and evaluates a template.
pub(crate) fn template(text: &str) -> String {
    template_in(&TestScope::from_json(DATA), text)
}

/// Parses and evaluates an expression, like a condition.
pub(crate) fn expression(text: &str) -> String {
    expression_in(&TestScope::from_json(DATA), text)
}

pub(crate) fn template_in(scope: &TestScope, text: &str) -> String {
    let (template, errors) = Template::parse(text);
    let errors: String = errors.iter().map(|error| shown_error(error, text) + "\n").collect();
    errors + &shown(template.evaluate(scope), text)
}

pub(crate) fn expression_in(scope: &TestScope, text: &str) -> String {
    match Template::parse_expression(text) {
        Ok(expression) => shown(expression.evaluate(scope), text),
        Err(error) => shown_error(&error, text),
    }
}

fn shown(evaluation: Result<Evaluation, EvalError>, text: &str) -> String {
    match evaluation {
        Ok(Evaluation::Ready { value, secret, unresolved }) => {
            let secret = if secret { " (secret)" } else { "" };
            let unresolved =
                if unresolved.is_empty() { String::new() } else { format!(" (unresolved {})", unresolved.join(", ")) };
            let value = match value {
                Value::Float(_) => value.render(),
                value => value.to_json().to_string(),
            };
            format!("{value}{secret}{unresolved}")
        }
        Ok(Evaluation::Pending) => "pending".to_owned(),
        Err(EvalError { message, span }) => format!("error: {message} at `{}`", &text[span]),
    }
}

fn shown_error(error: &SyntaxError, text: &str) -> String {
    format!("syntax: {} at `{}`", error.message, &text[error.span.clone()])
}
