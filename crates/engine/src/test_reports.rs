//! Summarizes the test reports of steps as the service does: JUnit XML, and Visual Studio's `.trx`
//! (outputs.report-formats).

mod junit;
mod trx;
mod xml;

use std::time::Duration;

use self::xml::XmlError;
use crate::{ReportFile, TestSummary};

/// The number of failed cases that a summary keeps.
const MAX_FAILURES: usize = 50;

/// The number of characters of a failure message to keep: the last ones, as in CI.
const MAX_MESSAGE: usize = 8_000;

/// Adds a report to `summary`. Returns the problems to report: why the file, or a part of it, does not count.
pub(crate) fn add(file: &ReportFile, summary: &mut TestSummary) -> Vec<String> {
    let mut tally = Tally::default();
    let (kind, read) = match file.path.ends_with(".trx") {
        true => ("a `.trx` report", trx::read(&file.content, &mut tally)),
        false => ("a JUnit report", junit::read(&file.content, &mut tally)),
    };
    if let Err(problem) = read {
        return vec![format!("`{}` is not {kind}: {problem}", file.path)];
    }
    let mistake =
        tally.mistake.as_ref().map(|mistake| format!("`{}` is read up to its first error: {mistake}", file.path));
    let uncounted = tally.uncounted().map(|what| format!("`{}`: {what}", file.path));
    tally.add_to(summary);
    mistake.into_iter().chain(uncounted).collect()
}

/// Why a file is not a report.
#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("it has no `<{0}>`")]
    Without(&'static str),
}

/// The cases of one report.
#[derive(Default)]
struct Tally {
    summary: TestSummary,
    /// Cases that the service ignores, by the reason.
    outside_of_suites: u32,
    without_name: u32,
    /// The error after the last case that counts.
    mistake: Option<String>,
}

/// A case.
#[derive(Default)]
struct Case {
    /// Its own name.
    name: String,
    /// Its suite or class, as text to print.
    suite: String,
    verdict: Verdict,
    /// The failure message, or its details if it has no message.
    message: String,
    details: String,
    time: Duration,
}

/// The outcome of a case; the service also has `error`, and shows it as failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    #[default]
    Passed,
    Failed,
    Skipped,
}

impl Tally {
    fn count(&mut self, case: Case) {
        if case.name.is_empty() {
            self.without_name += 1;
            return;
        }
        let summary = &mut self.summary;
        summary.total += 1;
        summary.duration += case.time;
        match case.verdict {
            Verdict::Passed => summary.passed += 1,
            Verdict::Skipped => summary.skipped += 1,
            Verdict::Failed => {
                summary.failed += 1;
                if summary.failures.len() < MAX_FAILURES {
                    let message = if case.message.trim().is_empty() { &case.details } else { &case.message };
                    let name = match case.suite.as_str() {
                        "" => case.name,
                        suite => format!("{suite} › {}", case.name),
                    };
                    summary.failures.push((name, last_characters(message.trim())));
                }
            }
        }
    }

    fn uncounted(&self) -> Option<String> {
        let reasons = [(self.outside_of_suites, "outside of a `<testsuite>`"), (self.without_name, "without a name")];
        let reasons: Vec<String> = reasons
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, why)| format!("{number} {} {why}", if *number == 1 { "case" } else { "cases" }))
            .collect();
        (!reasons.is_empty()).then(|| format!("CI does not count {}", reasons.join(" and ")))
    }

    fn add_to(self, sum: &mut TestSummary) {
        let TestSummary { total, passed, failed, skipped, duration, failures } = self.summary;
        sum.total += total;
        sum.passed += passed;
        sum.failed += failed;
        sum.skipped += skipped;
        sum.duration += duration;
        let room = MAX_FAILURES - sum.failures.len();
        sum.failures.extend(failures.into_iter().take(room));
    }
}

fn last_characters(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(MAX_MESSAGE);
    text.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The summary of a report, and its problems.
    pub(super) fn summed(path: &str, content: &[u8]) -> String {
        let mut summary = TestSummary::default();
        let file = ReportFile { path: path.to_owned(), content: content.to_vec() };
        let notes = add(&file, &mut summary);
        let TestSummary { total, passed, failed, skipped, duration, failures } = summary;
        let counts =
            format!("{total} = {passed} passed + {failed} failed + {skipped} skipped in {duration:?} {failures:?}");
        std::iter::once(counts).chain(notes).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn reports_add_up() {
        let mut sum = TestSummary::default();
        let content = br#"<testsuite><testcase name="a" time="1"/><testcase name="b"><error/></testcase></testsuite>"#;
        for index in 0..60 {
            let file = ReportFile { path: format!("{index}.xml"), content: content.to_vec() };
            assert_eq!(add(&file, &mut sum), Vec::<String>::new());
        }
        assert_eq!((sum.total, sum.failed, sum.failures.len()), (120, 60, MAX_FAILURES));
        assert_eq!(sum.duration, Duration::from_secs(60));
    }

    #[test]
    fn long_messages_keep_their_end() {
        assert_eq!(last_characters(&format!("x{}", "é".repeat(MAX_MESSAGE))), "é".repeat(MAX_MESSAGE));
    }
}
