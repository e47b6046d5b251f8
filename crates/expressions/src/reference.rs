//! Compares with the results of the service's libraries: `testdata/expressions/*.tsv`, made by `cargo xtask
//! expressions`.
//!
//! A difference is silent if both have a value, or if cirun has one without a report where the service fails. No
//! difference may be silent; cases that cirun refuses although the service accepts them are counted.

use std::fmt::Write;

use crate::{Evaluation, Template, Value, fault::Fault, java_regex, testing::TestScope, value::java_float};

const VARIABLES: &str = include_str!("../../../testdata/expressions/variables.json");
const DOCUMENT: &str = include_str!("../../../testdata/expressions/document.json");
const XML: &str = include_str!("../../../testdata/expressions/document.xml");

/// A pattern, compiled for whole texts and for parts of them.
type Compiled = (String, Result<java_regex::Pattern, Fault>, Result<java_regex::Pattern, Fault>);

/// The result of comparing one case.
enum Verdict {
    Same,
    /// The service has a value, cirun an error.
    Refused(String),
    /// Another value, with the report that a name did not resolve.
    Reported(String),
    Silent(String),
}

/// The results of a file.
#[derive(Default)]
struct Tally {
    cases: usize,
    refused: Vec<String>,
    reported: Vec<String>,
    silent: Vec<String>,
}

impl Tally {
    fn count(&mut self, case: &str, expected: &str, verdict: Verdict) {
        self.cases += 1;
        let shown = |is: &str| format!("{case}\n    service: {expected}\n    cirun:   {is}");
        match verdict {
            Verdict::Same => {}
            Verdict::Refused(is) => self.refused.push(shown(&is)),
            Verdict::Reported(is) => self.reported.push(shown(&is)),
            Verdict::Silent(is) => self.silent.push(shown(&is)),
        }
    }

    /// Fails if a difference is silent, or if other numbers than the known ones are refused and reported.
    fn check(&self, name: &str, refused: usize, reported: usize) {
        let counts = format!(
            "{name}: {} cases, {} differ silently, {} with a report, {} are refused",
            self.cases,
            self.silent.len(),
            self.reported.len(),
            self.refused.len()
        );
        let mut lists = String::new();
        for (title, list) in [("silent", &self.silent), ("reported", &self.reported), ("refused", &self.refused)] {
            for case in list {
                writeln!(lists, "{title}: {case}").unwrap();
            }
        }
        println!("{lists}{counts}");
        assert!(self.silent.is_empty(), "{} silent differences, listed above", self.silent.len());
        assert_eq!((self.refused.len(), self.reported.len()), (refused, reported), "{counts}");
    }
}

/// The columns of each line, unescaped.
fn lines(file: &'static str) -> impl Iterator<Item = Vec<String>> {
    file.lines().map(|line| line.split('\t').map(unescaped).collect())
}

fn unescaped(column: &str) -> String {
    let (mut text, mut rest) = (String::new(), column);
    while let Some((plain, escaped)) = rest.split_once('\\') {
        text.push_str(plain);
        let letter = escaped.chars().next().unwrap();
        rest = &escaped[letter.len_utf8()..];
        match letter {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'u' => {
                text.push(char::from_u32(u32::from_str_radix(&rest[..4], 16).unwrap()).unwrap());
                rest = &rest[4..];
            }
            letter => text.push(letter),
        }
    }
    text + rest
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value in the reference's format.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => java_float(*value),
        Value::String(text) => quoted(text),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}:{}", quoted(key), shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", items.into_iter().map(quoted).collect::<Vec<_>>().join(","))
}

/// Compares a result, and whether a missing name was reported with it.
fn verdict(expected: &str, is: Result<(String, bool), String>) -> Verdict {
    let fails = ["error", "other ", "decimal "].iter().any(|word| expected.starts_with(word));
    match is {
        Ok((value, _)) if value == expected => Verdict::Same,
        // A failure in an expression without nested ones becomes a null with a report.
        Ok((value, true)) if fails && value == "null" => Verdict::Same,
        Ok((value, true)) => Verdict::Reported(value),
        Ok((value, false)) => Verdict::Silent(value),
        // The service's result is then a Java object, which is not a value of a field.
        Err(_) if expected.starts_with("error") || expected.starts_with("other ") => Verdict::Same,
        Err(message) => Verdict::Refused(message),
    }
}

fn evaluate(scope: &TestScope, text: &str) -> Result<(String, bool), String> {
    let expression = Template::parse_expression(text).map_err(|error| error.message)?;
    match expression.evaluate(scope) {
        Ok(Evaluation::Ready { value, unresolved, .. }) => Ok((shown(&value), !unresolved.is_empty())),
        Ok(Evaluation::Pending) => Err("pending".to_owned()),
        Err(error) => Err(error.message),
    }
}

#[test]
fn expressions_answer_as_jexl() {
    let mut tally = Tally::default();
    for line in lines(include_str!("../../../testdata/expressions/jexl.tsv")) {
        let [text, expected] = &line[..] else { panic!("{line:?}") };
        let scope = TestScope::from_json(VARIABLES);
        tally.count(text, expected, verdict(expected, evaluate(&scope, text)));
    }
    tally.check("JEXL", 109, 7);
}

#[test]
fn regular_expressions_answer_as_java() {
    let mut tally = Tally::default();
    let mut compiled: Option<Compiled> = None;
    for line in lines(include_str!("../../../testdata/expressions/regex.tsv")) {
        let [pattern, text, replacement, matches, found, replaced, split] = &line[..] else { panic!("{line:?}") };
        let fault = |fault: Fault| fault.message().to_owned();
        // Rows with the same pattern are adjacent, and compiling takes most of the time.
        if compiled.as_ref().is_none_or(|(written, ..)| written != pattern) {
            compiled = Some((pattern.clone(), java_regex::whole(pattern), java_regex::anywhere(pattern)));
        }
        let (_, whole, anywhere) = compiled.as_ref().unwrap();
        let (whole, anywhere) = (whole.as_ref().map_err(Clone::clone), anywhere.as_ref().map_err(Clone::clone));
        let is_match = whole.and_then(|pattern| pattern.is_match(text)).map(|is| is.to_string());
        let all = anywhere.clone().and_then(|pattern| {
            let found = pattern.find_all(text).collect::<Result<Vec<_>, _>>()?;
            Ok(texts(found.iter().map(|found| &text[found.start..found.end])))
        });
        let new = anywhere
            .clone()
            .and_then(|pattern| pattern.replace_all(text, replacement))
            .map(|text: String| quoted(&text));
        let pieces = anywhere.and_then(|pattern| {
            let pieces = |limit| Ok(texts(pattern.split(text, limit)?.iter().map(String::as_str)));
            Ok(pieces(0)? + &pieces(2)? + &pieces(-1)?)
        });
        for (name, expected, is) in
            [("matches", matches, is_match), ("find", found, all), ("replace", replaced, new), ("split", split, pieces)]
        {
            let case = format!("{name} {pattern:?} in {text:?} by {replacement:?}");
            tally.count(&case, expected, verdict(expected, is.map(|is| (is, false)).map_err(fault)));
        }
    }
    tally.check("regular expressions", 1621, 0);
}

#[test]
fn paths_answer_as_xpath() {
    let mut tally = Tally::default();
    let scope = TestScope::from_json(&serde_json::json!({ "xml_text": XML }).to_string());
    for line in lines(include_str!("../../../testdata/expressions/xpath.tsv")) {
        let [path, expected] = &line[..] else { panic!("{line:?}") };
        let call = format!("xml.select('{}', xml_text)", path.replace('\'', "\\'"));
        tally.count(path, expected, verdict(expected, evaluate(&scope, &call)));
    }
    tally.check("XPath", 5, 0);
}

#[test]
fn paths_answer_as_jayway() {
    let mut tally = Tally::default();
    let scope = TestScope::from_json(&serde_json::json!({ "json_text": DOCUMENT }).to_string());
    for line in lines(include_str!("../../../testdata/expressions/jsonpath.tsv")) {
        let [path, expected] = &line[..] else { panic!("{line:?}") };
        let call = format!("json.list('{}', json_text)", path.replace('\\', "\\\\").replace('\'', "\\'"));
        tally.count(path, expected, verdict(expected, evaluate(&scope, &call)));
    }
    tally.check("JSONPath", 11, 0);
}
