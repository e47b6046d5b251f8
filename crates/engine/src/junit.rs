//! Sums up JUnit reports: nested suites, lenient numbers (harness-runtime.md 4).

use std::time::Duration;

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use crate::TestSummary;

/// How many failed cases a summary keeps.
const MAX_FAILURES: usize = 50;

/// How many characters of a failure's message are kept: the last ones, as in CI.
const MAX_MESSAGE: usize = 8_000;

/// Adds the report `xml` to `summary`; a file that is not a JUnit report leaves it as it was. The error says what is wrong.
pub(crate) fn add(xml: &[u8], summary: &mut TestSummary) -> Result<(), String> {
    let text = String::from_utf8_lossy(xml);
    let text = text.trim_start_matches('\u{feff}');
    let mut report = Report { summary: summary.clone(), ..Report::default() };
    report.read(text)?;
    *summary = report.summary;
    Ok(())
}

#[derive(Default)]
struct Report {
    summary: TestSummary,
    /// The open elements' names, outermost first.
    open: Vec<String>,
    suites: Vec<String>,
    case: Option<Case>,
    seen_suite: bool,
}

struct Case {
    name: String,
    outcome: CaseOutcome,
    message: Option<String>,
    text: String,
}

#[derive(PartialEq)]
enum CaseOutcome {
    Passed,
    Failed,
    Skipped,
}

impl Report {
    fn read(&mut self, text: &str) -> Result<(), String> {
        let mut reader = Reader::from_str(text);
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            match event {
                Event::Start(element) => self.start(&element),
                Event::Empty(element) => {
                    self.start(&element);
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::CData(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(reference) => self.text(&resolved(&reference)),
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        match (self.open.last(), self.seen_suite) {
            (Some(element), _) => Err(format!("the file ends inside of `<{element}>`")),
            (None, false) => Err("it has no `<testsuite>`".to_owned()),
            (None, true) => Ok(()),
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) {
        let name = element.local_name().as_ref().to_owned();
        match name.as_str() {
            "testsuites" => self.seen_suite = true,
            "testsuite" => {
                self.seen_suite = true;
                self.suites.push(attribute(element, "name").unwrap_or_default());
            }
            "testcase" => {
                self.summary.duration += attribute(element, "time").and_then(|time| seconds(&time)).unwrap_or_default();
                let suite = self.suites.last().cloned().filter(|suite| !suite.is_empty());
                let suite = suite.or_else(|| attribute(element, "classname")).filter(|suite| !suite.is_empty());
                let name = attribute(element, "name").unwrap_or_default();
                let name = suite.map_or_else(|| name.clone(), |suite| format!("{suite} › {name}"));
                self.case = Some(Case { name, outcome: CaseOutcome::Passed, message: None, text: String::new() });
            }
            "failure" | "error" => {
                if let Some(case) = &mut self.case {
                    case.outcome = CaseOutcome::Failed;
                    case.message = case.message.take().or_else(|| attribute(element, "message"));
                }
            }
            "skipped" => {
                if let Some(case) = self.case.as_mut().filter(|case| case.outcome == CaseOutcome::Passed) {
                    case.outcome = CaseOutcome::Skipped;
                }
            }
            _ => {}
        }
        self.open.push(name);
    }

    fn end(&mut self) {
        match self.open.pop().as_deref() {
            Some("testsuite") => {
                self.suites.pop();
            }
            Some("testcase") => {
                if let Some(case) = self.case.take() {
                    self.count(case);
                }
            }
            Some(_) | None => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let (Some(case), Some("failure" | "error")) = (&mut self.case, self.open.last().map(String::as_str)) {
            case.text.push_str(text);
        }
    }

    fn count(&mut self, case: Case) {
        self.summary.total += 1;
        match case.outcome {
            CaseOutcome::Passed => self.summary.passed += 1,
            CaseOutcome::Skipped => self.summary.skipped += 1,
            CaseOutcome::Failed => {
                self.summary.failed += 1;
                if self.summary.failures.len() < MAX_FAILURES {
                    let message = case.message.filter(|message| !message.trim().is_empty()).unwrap_or(case.text);
                    self.summary.failures.push((case.name, last_characters(message.trim())));
                }
            }
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok().flatten()?;
    let value = attribute.normalized_value(XmlVersion::Implicit1_0);
    Some(value.map_or_else(|_| attribute.value.clone().into_owned(), |value| value.into_owned()))
}

/// The text of `&amp;` or `&#10;`; an entity that the file defines itself stays as written.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name = reference.xml10_content();
    quick_xml::escape::resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}

/// `1.5`, `1,234.5`, `0.2s`; anything else is unknown.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim().trim_end_matches(['s', ' ']).replace(',', "");
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

fn last_characters(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(MAX_MESSAGE);
    text.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn summary(xml: &str) -> String {
        let mut summary = TestSummary::default();
        match add(xml.as_bytes(), &mut summary) {
            Ok(()) => {
                let TestSummary { total, passed, failed, skipped, duration, failures } = summary;
                format!("total {total} passed {passed} failed {failed} skipped {skipped} in {duration:?} {failures:?}")
            }
            Err(problem) => {
                assert_eq!(summary, TestSummary::default());
                format!("error: {problem}")
            }
        }
    }

    #[test]
    fn one_suite() {
        assert_snapshot!(summary(r#"<?xml version="1.0"?>
            <testsuite name="unit" tests="9"><properties/>
              <testcase name="a" time="0.5"/>
              <testcase name="b" time="1"><failure message="1 &lt; 2">stack</failure></testcase>
              <testcase name="c"><skipped/></testcase>
              <testcase name="d"><error>it &amp; broke<![CDATA[ <here>]]>&#33;</error><system-out>noise</system-out></testcase>
            </testsuite>"#), @r#"total 4 passed 1 failed 2 skipped 1 in 1.5s [("unit › b", "1 < 2"), ("unit › d", "it & broke <here>!")]"#);
    }

    #[test]
    fn nested_suites() {
        assert_snapshot!(summary(r#"<testsuites><testsuite name="outer"><testsuite name="inner">
            <testcase name="a"><failure/></testcase></testsuite><testcase name="b"><failure/></testcase></testsuite></testsuites>"#), @r#"total 2 passed 0 failed 2 skipped 0 in 0ns [("inner › a", ""), ("outer › b", "")]"#);
    }

    #[test]
    fn lenient_times() {
        assert_snapshot!(summary(r#"<testsuite><testcase name="a" time="1,000.5"/><testcase name="b" time="2.5 s"/>
            <testcase name="c" time=""/><testcase name="d" time="-1"/><testcase name="e" time="NaN"/></testsuite>"#), @"total 5 passed 5 failed 0 skipped 0 in 1003s []");
    }

    #[test]
    fn a_suite_without_name_takes_the_class() {
        assert_snapshot!(summary(r#"<testsuites><testcase classname="com.Shop" name="buys"><failure message="no"/></testcase></testsuites>"#), @r#"total 1 passed 0 failed 1 skipped 0 in 0ns [("com.Shop › buys", "no")]"#);
    }

    #[test]
    fn malformed() {
        assert_snapshot!(summary("<testsuite><testcase>"), @"error: the file ends inside of `<testcase>`");
        assert_snapshot!(summary("<testsuite></testcase>"), @"error: ill-formed document: expected `</testsuite>`, but `</testcase>` was found");
        assert_snapshot!(summary("<html/>"), @"error: it has no `<testsuite>`");
        assert_snapshot!(summary("not xml"), @"error: it has no `<testsuite>`");
        assert_snapshot!(summary(""), @"error: it has no `<testsuite>`");
    }

    #[test]
    fn reports_add_up() {
        let mut sum = TestSummary::default();
        for _ in 0..2 {
            add(br#"<testsuite><testcase name="a" time="1"/></testsuite>"#, &mut sum).expect("a report");
        }
        assert_eq!((sum.total, sum.duration), (2, Duration::from_secs(2)));
    }

    #[test]
    fn long_messages_keep_their_end() {
        assert_eq!(last_characters(&format!("x{}", "é".repeat(MAX_MESSAGE))), "é".repeat(MAX_MESSAGE));
    }
}
