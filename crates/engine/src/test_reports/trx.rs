//! `.trx`, the reports of Visual Studio's test platform (`dotnet test --logger trx`).
//!
//! The service turns such a file into a JUnit suite. It keeps only the fractions of seconds of each test's time; cirun
//! keeps the whole time.

use std::time::Duration;

use indexmap::IndexMap;

use super::{
    Case, ReportError, Tally, Verdict,
    xml::{self, Element, Part},
};

/// Counts the results of a report. Results before a syntax error count, as in the service, unless the error is inside a
/// result.
///
/// # Errors
/// See [`ReportError`].
pub(super) fn read(content: &[u8], tally: &mut Tally) -> Result<(), ReportError> {
    let mut report = Report::default();
    let read = xml::read(content, |part| report.take(part));
    match read {
        Err(mistake) if report.inside.is_empty() && !report.results.is_empty() => {
            tally.mistake = Some(mistake.to_string());
        }
        read => read?,
    }
    if !report.seen_run {
        return Err(ReportError::Without("TestRun"));
    }
    for (id, mut case) in report.results {
        let class = report.classes.get(&id).filter(|class| !case.name.starts_with(class.as_str()));
        case.suite = class.cloned().unwrap_or_default();
        tally.count(case);
    }
    Ok(())
}

#[derive(Default)]
struct Report {
    seen_run: bool,
    /// The names of the open elements, from the outermost result on.
    inside: Vec<String>,
    case: (String, Case),
    results: Vec<(String, Case)>,
    /// The test whose definition is open, and the classes by test.
    test: String,
    classes: IndexMap<String, String>,
}

impl Report {
    fn take(&mut self, part: Part<'_>) {
        match part {
            Part::Start(element) if self.inside.is_empty() => self.start(element),
            Part::Start(element) => self.inside.push(element.name),
            Part::Text(text) => match self.place() {
                ["Output", "ErrorInfo", "Message"] => self.case.1.message.push_str(text),
                ["Output", "ErrorInfo", "StackTrace"] => self.case.1.details.push_str(text),
                _ => {}
            },
            Part::End => {
                if self.inside.pop().is_some() && self.inside.is_empty() {
                    self.results.push(std::mem::take(&mut self.case));
                }
            }
        }
    }

    /// The element's path in a result; elements in the inner results of a data-driven test have a longer one.
    fn place(&self) -> [&str; 3] {
        match self.inside.as_slice() {
            [_, outer, middle, inner] => [outer, middle, inner],
            _ => Default::default(),
        }
    }

    fn start(&mut self, mut element: Element) {
        match element.name.as_str() {
            "TestRun" => self.seen_run = true,
            "UnitTestResult" => {
                let case = Case {
                    name: element.take("testName"),
                    verdict: verdict(&element.take("outcome")),
                    time: time(&element.take("duration")).unwrap_or_default(),
                    ..Case::default()
                };
                self.case = (element.take("testId"), case);
                self.inside.push(element.name);
            }
            "UnitTest" => self.test = element.take("id"),
            "TestMethod" => drop(self.classes.insert(self.test.clone(), element.take("className"))),
            _ => {}
        }
    }
}

/// The service counts every word that it does not know as skipped (`NotExecuted`, `Inconclusive`, `Timeout`, …).
fn verdict(outcome: &str) -> Verdict {
    match outcome {
        "Passed" => Verdict::Passed,
        "Failed" | "Error" | "" => Verdict::Failed,
        _ => Verdict::Skipped,
    }
}

/// `hh:mm:ss.fffffff`, in whole milliseconds.
fn time(text: &str) -> Option<Duration> {
    let mut parts = text.splitn(3, ':');
    let (hours, minutes): (u64, u64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let seconds = Duration::try_from_secs_f64(parts.next()?.parse().ok()?).ok()?;
    let whole = Duration::from_secs(hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?);
    whole.checked_add(Duration::from_micros(u64::try_from(seconds.as_micros()).ok()? / 1000 * 1000))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{super::tests::summed, *};

    fn run(results: &str) -> String {
        let definitions = r#"<TestDefinitions><UnitTest name="Buys" id="1"><Execution id="e"/>
            <TestMethod codeBase="shop.dll" className="Shop.CartTests" name="Buys"/></UnitTest></TestDefinitions>"#;
        let text = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<TestRun id=\"r\" \
             xmlns=\"http://microsoft.com/schemas/VisualStudio/TeamTest/2010\">\n<Times creation=\"x\"/>\
             <Results>{results}</Results>{definitions}</TestRun>"
        );
        summed("out/a.trx", text.as_bytes())
    }

    #[test]
    fn results() {
        assert_snapshot!(run(r#"
            <UnitTestResult testId="1" testName="Buys" outcome="Failed" duration="00:00:01.2345678">
              <Output><StdOut>noise</StdOut><ErrorInfo><Message>Expected &lt;1&gt;</Message><StackTrace>at Shop</StackTrace></ErrorInfo></Output>
            </UnitTestResult>
            <UnitTestResult testId="2" testName="Sells" outcome="Passed" duration="00:01:00.0010000" />
            <UnitTestResult testId="3" testName="Waits" outcome="NotExecuted" />
            <UnitTestResult testId="4" testName="Breaks" outcome="Error"><Output><ErrorInfo><StackTrace>at Till</StackTrace></ErrorInfo></Output></UnitTestResult>
            <UnitTestResult testId="5" testName="Says nothing" />
            <UnitTestResult testId="6" outcome="Passed" />"#), @r#"
        5 = 1 passed + 3 failed + 1 skipped in 61.235s [("Shop.CartTests › Buys", "Expected <1>"), ("Breaks", "at Till"), ("Says nothing", "")]
        `out/a.trx`: CI does not count 1 case without a name
        "#);
    }

    #[test]
    fn the_rows_of_a_data_driven_test_are_one() {
        assert_snapshot!(run(r#"<UnitTestResult testId="1" testName="Shop.CartTests.Buys" outcome="Failed"><Output><ErrorInfo><Message>outer</Message></ErrorInfo></Output>
            <InnerResults><UnitTestResult testId="1" testName="Buys (0)" outcome="Failed"><Output><ErrorInfo><Message>inner</Message></ErrorInfo></Output></UnitTestResult>
            <UnitTestResult testId="1" testName="Buys (1)" outcome="Passed"/></InnerResults></UnitTestResult>"#), @r#"1 = 0 passed + 1 failed + 0 skipped in 0ns [("Shop.CartTests.Buys", "outer")]"#);
    }

    #[test]
    fn a_file_that_breaks_off() {
        let good = r#"<TestRun><Results><UnitTestResult testName="a" outcome="Passed"/>"#;
        assert_snapshot!(summed("a.trx", good.as_bytes()), @"
        1 = 1 passed + 0 failed + 0 skipped in 0ns []
        `a.trx` is read up to its first error: the file ends inside `<Results>`
        ");
        assert_snapshot!(summed("a.trx", format!("{good}<UnitTestResult testName=\"b\">").as_bytes()), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `a.trx` is not a `.trx` report: the file ends inside `<UnitTestResult>`
        ");
        assert_snapshot!(summed("a.trx", b"<TestRun><Results>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `a.trx` is not a `.trx` report: the file ends inside `<Results>`
        ");
        assert_snapshot!(summed("a.trx", b"<testsuite><testcase name='a'/></testsuite>"), @"
        0 = 0 passed + 0 failed + 0 skipped in 0ns []
        `a.trx` is not a `.trx` report: it has no `<TestRun>`
        ");
        assert_snapshot!(summed("a.trx", b"<TestRun></TestRun>"), @"0 = 0 passed + 0 failed + 0 skipped in 0ns []");
    }

    #[test]
    fn times() {
        for (text, millis) in [
            ("00:00:00.0009999", 0),
            ("00:00:00.0010000", 1),
            ("01:02:03.5", 3_723_500),
            ("00:00:07", 7000),
            ("", 0),
            ("1", 0),
            ("a:b:c", 0),
            ("00:00:-1", 0),
            ("99999999999999999999:0:0", 0),
        ] {
            assert_eq!(time(text).unwrap_or_default(), Duration::from_millis(millis), "{text}");
        }
    }
}
