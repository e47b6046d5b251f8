//! JUnit XML: nested suites, lenient numbers.

use std::time::Duration;

use super::{
    Case, ReportError, Tally, Verdict,
    xml::{self, Element, Part},
};

/// Counts the cases of a report.
///
/// # Errors
/// See [`ReportError`].
pub(super) fn read(content: &[u8], tally: &mut Tally) -> Result<(), ReportError> {
    let mut report = Report { tally, open: Vec::new(), suites: Vec::new(), case: Case::default(), seen_suite: false };
    xml::read(content, |part| report.take(part))?;
    let is_report = report.seen_suite || report.tally.outside_of_suites > 0;
    if is_report { Ok(()) } else { Err(ReportError::Without("testsuite")) }
}

struct Report<'t> {
    tally: &'t mut Tally,
    open: Vec<Role>,
    /// The names of the open suites, outermost first.
    suites: Vec<String>,
    case: Case,
    seen_suite: bool,
}

/// The role of an element: the service reads suites, cases and verdicts only as direct children of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Outside of every suite.
    Outside,
    Suite,
    Case,
    Verdict,
    /// Any other element in a suite or a case, with its content.
    Other,
}

impl Report<'_> {
    fn take(&mut self, part: Part<'_>) {
        match part {
            Part::Start(element) => {
                let role = self.start(element);
                self.open.push(role);
            }
            Part::Text(text) if self.open.last() == Some(&Role::Verdict) => self.case.details.push_str(text),
            Part::Text(_) => {}
            Part::End => match self.open.pop() {
                Some(Role::Suite) => drop(self.suites.pop()),
                Some(Role::Case) => self.tally.count(std::mem::take(&mut self.case)),
                Some(Role::Outside | Role::Verdict | Role::Other) | None => {}
            },
        }
    }

    fn start(&mut self, mut element: Element) -> Role {
        let parent = self.open.last().copied().unwrap_or(Role::Outside);
        match (parent, element.name.as_str()) {
            (Role::Outside | Role::Suite, "testsuite") => {
                self.seen_suite = true;
                self.suites.push(element.take("name"));
                Role::Suite
            }
            (Role::Outside, name) => {
                self.seen_suite |= name == "testsuites";
                self.tally.outside_of_suites += u32::from(name == "testcase");
                Role::Outside
            }
            (Role::Suite, "testcase") => {
                let suite = self.suites.last().filter(|suite| !suite.is_empty()).cloned();
                self.case = Case {
                    name: element.take("name"),
                    suite: suite.unwrap_or_else(|| element.take("classname")),
                    time: time(&element.take("time")),
                    ..Case::default()
                };
                Role::Case
            }
            // The last of several counts.
            (Role::Case, "failure" | "error" | "skipped") => {
                self.case.verdict = if element.name == "skipped" { Verdict::Skipped } else { Verdict::Failed };
                self.case.message = element.take("message");
                self.case.details.clear();
                Role::Verdict
            }
            (Role::Suite | Role::Case | Role::Verdict | Role::Other, name) => {
                self.tally.outside_of_suites += u32::from(name == "testcase");
                Role::Other
            }
        }
    }
}

/// `1.5` and `1,234.5` are seconds, `200ms` and `1m30s` are Go durations; anything else is zero. In whole milliseconds.
fn time(text: &str) -> Duration {
    let text = text.replace(',', "");
    let seconds = text.parse::<f64>().ok().or_else(|| go_duration(&text)).filter(|seconds| seconds.is_finite());
    // The service truncates twice: to microseconds, then to milliseconds. A float-to-integer cast saturates.
    Duration::from_millis((seconds.unwrap_or_default() * 1e6) as u64 / 1000)
}

/// Seconds of `[+-](NUMBER UNIT)+`.
fn go_duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        sum += number * seconds_of(&after[..unit])?;
        rest = &after[unit..];
    }
    (!text.trim_start_matches(['-', '+']).is_empty()).then_some(sign * sum)
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{super::tests::summed, *};

    fn summary(xml: &str) -> String {
        summed("r.xml", xml.as_bytes())
    }

    #[test]
    fn one_suite() {
        assert_snapshot!(summary(r#"<?xml version="1.0"?>
            <testsuite name="unit" tests="9"><properties/>
              <testcase name="a" time="0.5"/>
              <testcase name="b" time="1"><failure message="1 &lt; 2">stack</failure></testcase>
              <testcase name="c"><skipped/></testcase>
              <testcase name="d"><error>it &amp; broke<![CDATA[ <here>]]>&#33;</error><system-out>noise</system-out></testcase>
            </testsuite>"#), @r#"4 = 1 passed + 2 failed + 1 skipped in 1.5s [("unit › b", "1 < 2"), ("unit › d", "it & broke <here>!")]"#);
    }

    #[test]
    fn nested_suites() {
        assert_snapshot!(summary(r#"<testsuites><testsuite name="outer"><testsuite name="inner">
            <testcase name="a"><failure/></testcase></testsuite><testcase name="b"><failure/></testcase></testsuite></testsuites>"#), @r#"2 = 0 passed + 2 failed + 0 skipped in 0ns [("inner › a", ""), ("outer › b", "")]"#);
    }

    #[test]
    fn several_roots() {
        assert_snapshot!(summary(r#"<testsuite><testcase name="a"/></testsuite><testsuite><testcase name="b"/></testsuite>"#), @"2 = 2 passed + 0 failed + 0 skipped in 0ns []");
    }

    #[test]
    fn times() {
        let times = [
            ("1.5", 1500),
            ("1,000.5", 1_000_500),
            ("200ms", 200),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("+2s", 2000),
            ("1500us", 1),
            ("0.0019", 1),
            ("1e1", 10_000),
            ("0", 0),
            ("", 0),
            ("2.5 s", 0),
            (" 1", 0),
            ("-1", 0),
            ("-3s", 0),
            ("NaN", 0),
            ("inf", 0),
            ("1m30", 0),
            ("s", 0),
            ("-", 0),
            ("1d", 0),
            ("one", 0),
        ];
        for (text, millis) in times {
            assert_eq!(time(text), Duration::from_millis(millis), "{text}");
        }
        assert_eq!(time("1e300"), Duration::from_millis(u64::MAX / 1000));
    }

    #[test]
    fn a_suite_without_name_takes_the_class() {
        assert_snapshot!(summary(r#"<testsuite><testcase classname="com.Shop" name="buys"><failure message="no"/></testcase></testsuite>"#), @r#"1 = 0 passed + 1 failed + 0 skipped in 0ns [("com.Shop › buys", "no")]"#);
    }

    /// The service reads suites, and cases that are their children.
    #[test]
    fn cases_outside_of_a_suite() {
        assert_snapshot!(summary(r#"<testsuites><testcase name="a"/><testsuite name="s"><group><testcase name="b"/></group><testcase name="c"/></testsuite></testsuites>"#), @"
        1 = 1 passed + 0 failed + 0 skipped in 0ns []
        `r.xml`: CI does not count 2 cases outside of a `<testsuite>`
        ");
        assert_snapshot!(summary(r#"<testcase name="a"><failure/></testcase>"#), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml`: CI does not count 1 case outside of a `<testsuite>`
        ");
    }

    #[test]
    fn cases_without_a_name() {
        assert_snapshot!(summary(r#"<testsuite><testcase/><testcase name=""><failure/></testcase><testcase name="c"/></testsuite>"#), @"
        1 = 1 passed + 0 failed + 0 skipped in 0ns []
        `r.xml`: CI does not count 2 cases without a name
        ");
    }

    #[test]
    fn the_last_verdict_counts() {
        assert_snapshot!(summary(r#"<testsuite>
            <testcase name="a"><failure message="no">one</failure><skipped/></testcase>
            <testcase name="b"><skipped message="later"/><error>two</error></testcase>
            <testcase name="c"><failure message="first">one</failure><failure>second</failure></testcase>
            <testcase name="d"><properties><skipped/></properties></testcase></testsuite>"#), @r#"4 = 1 passed + 2 failed + 1 skipped in 0ns [("b", "two"), ("c", "second")]"#);
    }

    #[test]
    fn what_the_service_cannot_read() {
        let case = |inside: &str| summary(&format!(r#"<testsuite><testcase name="a"/>{inside}</testsuite>"#));
        assert_snapshot!(case("\u{1b}[31mred"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: XML does not allow the character U+001B
        ");
        assert_snapshot!(case("<system-out><![CDATA[\u{1b}[31m]]></system-out>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: XML does not allow the character U+001B
        ");
        assert_snapshot!(case("<testcase name='\u{7}'/>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: XML does not allow the character U+0007
        ");
        assert_snapshot!(case("&#27;"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: XML does not allow the character U+001B
        ");
        assert_snapshot!(case("a&nbsp;b"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: the entity `&nbsp;` is not one of XML's
        ");
        assert_snapshot!(case("<testcase name='a&nbsp;b'/>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: at 2..6: unrecognized entity `nbsp`
        ");
        assert_snapshot!(case("<testcase name='a<b'/>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: a `<` in an attribute is not escaped
        ");
        assert_snapshot!(case("<testcase name=b/>"), @r#"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: position 14: attribute value must be enclosed in `"` or `'`
        "#);
        assert_snapshot!(case("]]>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: `]]>` is not in a CDATA section
        ");
        assert_snapshot!(case("<!-- a -- b -->"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: ill-formed document: forbidden string `--` was found in a comment
        ");
        assert_snapshot!(summary("<?xml version='1.0' encoding='ISO-8859-1'?><testsuite><testcase name='a'/></testsuite>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: its encoding is `ISO-8859-1`, and CI only reads UTF-8
        ");
        assert_snapshot!(summed("r.xml", b"<testsuite><testcase name='\xe9'/></testsuite>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: byte 28 is not UTF-8, and CI only reads UTF-8
        ");
        assert_snapshot!(summed("r.xml", b"\xff\xfe<\0t\0e\0s\0t\0"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: byte 1 is not UTF-8, and CI only reads UTF-8
        ");
    }

    #[test]
    fn what_the_service_reads_all_the_same() {
        let declared = "\u{feff}<?xml version='1.0' encoding='utf-8'?><!DOCTYPE testsuite>\n";
        assert_snapshot!(summary(&format!("{declared}<j:testsuite xmlns:j='x'><j:testcase j:name='é&#10;&amp;'/><!-- a --></j:testsuite>")), @"1 = 1 passed + 0 failed + 0 skipped in 0ns []");
        assert_snapshot!(summary("<testsuite><testcase name='a' name='b'><failure/></testcase></testsuite>"), @r#"1 = 0 passed + 1 failed + 0 skipped in 0ns [("b", "")]"#);
    }

    #[test]
    fn malformed() {
        assert_snapshot!(summary("<testsuite><testcase>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: the file ends inside `<testcase>`
        ");
        assert_snapshot!(summary("<testsuite><testcase name='a'/></testcase>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: ill-formed document: expected `</testsuite>`, but `</testcase>` was found
        ");
        assert_snapshot!(summary("<html/>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: it has no `<testsuite>`
        ");
        assert_snapshot!(summary("not xml"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: it has no `<testsuite>`
        ");
        assert_snapshot!(summary(""), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `r.xml` is not a JUnit report: it has no `<testsuite>`
        ");
    }
}
