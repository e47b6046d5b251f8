//! The details of a failed step, at the very end: how it ended, what that means, its last lines, what to do.

use cirun_engine::{MaskedLine, Outcome, TestSummary, describe_exit_code};
use cirun_plan::StepPath;
use cirun_terminal_text::human_count;

use crate::{
    Look,
    clean::clean,
    hint::{self, About},
    human,
    look::{Mark, Tone},
    record::{Entry, RunRecord, ServiceEnd, StageRecord, State, StepFinish, between},
    summary::{test_words, words},
    table::wrap,
};

/// The number of failed test cases to name.
const CASES: usize = 10;

/// A digest of each failed step, and of each service with failed tests, in the order they ran; empty if none failed.
pub(crate) fn render(look: Look, record: &RunRecord) -> Vec<String> {
    let mut lines = Vec::new();
    for stage in &record.stages {
        for (path, entry) in &stage.entries {
            let Some(finish) = entry.finish() else {
                lines.extend(entry.tests().iter().flat_map(|tests| service_tests(look, path, tests)));
                continue;
            };
            match finish.outcome {
                Outcome::Failed | Outcome::TimedOut => lines.extend(step(look, stage, path, entry, finish)),
                Outcome::Succeeded | Outcome::Skipped | Outcome::Ignored | Outcome::Aborted => {}
            }
        }
    }
    lines
}

fn step(look: Look, stage: &StageRecord, path: &StepPath, entry: &Entry, finish: &StepFinish) -> Vec<String> {
    let mut lines = vec![String::new()];
    lines.extend(wrap(&headline(path, finish), look.width).iter().map(|line| look.paint(Tone::Bad, line)));
    if let Some(tests) = &finish.tests {
        lines.extend(failed_tests(look, tests));
    }
    let dead: Vec<_> = ended_before(stage, finish).collect();
    for (service, end) in &dead {
        lines.extend(dead_service(look, service, end, finish));
    }
    if let Some(error) = early_error(entry, finish) {
        lines.push("  first error:".to_owned());
        lines.push(quoted(look, Mark::StepLine, error));
    }
    if !finish.tail.is_empty() {
        lines.push(format!("  last {}:", human_count(finish.tail.len(), "line")));
        lines.extend(finish.tail.iter().map(|line| quoted(look, Mark::StepLine, line.as_str())));
    }
    if let Some(hint) = advice(finish, &dead) {
        let label = look.paint(Tone::Info, "hint:");
        let mut text = wrap(&hint, look.width.saturating_sub(8)).into_iter();
        lines.push(format!("  {label} {}", text.next().unwrap_or_default()));
        lines.extend(text.map(|line| format!("        {line}")));
    }
    lines
}

fn headline(path: &StepPath, finish: &StepFinish) -> String {
    let how = format!("{} {path} {}", Mark::Bad.glyph(), words(finish.outcome));
    match (finish.exit_code, &finish.reason) {
        (Some(code), reason) => format!("{how}: {}", describe_exit_code(code, reason.as_deref())),
        (None, Some(reason)) => format!("{how} after {}: {reason}", human::duration(finish.elapsed)),
        (None, None) => format!("{how} after {}", human::duration(finish.elapsed)),
    }
}

/// What to do now. If a step cannot reach a service that has failed, the service must be fixed; a longer wait does not
/// help.
fn advice(finish: &StepFinish, dead: &[(&StepPath, &ServiceEnd)]) -> Option<String> {
    let found = hint::find(finish.exit_code, finish.reason.as_deref(), finish.tail.iter().map(MaskedLine::as_str))?;
    match (found.about, dead.last()) {
        (About::Network, Some((service, end))) => {
            let gone = format!("service `{service}` had already ended");
            let lines = end.tail.iter().map(MaskedLine::as_str);
            let cure = hint::find(Some(end.exit_code), end.reason.as_deref(), lines);
            Some(cure.map_or_else(|| format!("{gone}: fix it first"), |cure| format!("{gone}: {}", cure.text)))
        }
        (About::Network | About::Step, _) => Some(found.text.to_owned()),
    }
}

/// The failed tests of a service, which CI reports as successful nevertheless.
fn service_tests(look: Look, path: &StepPath, tests: &TestSummary) -> Vec<String> {
    if tests.failed == 0 {
        return Vec::new();
    }
    let headline = look.paint(Mark::Warning.tone(), &format!("{} {path} reports failed tests", Mark::Warning.glyph()));
    [vec![String::new(), headline], failed_tests(look, tests)].concat()
}

fn failed_tests(look: Look, tests: &TestSummary) -> Vec<String> {
    if tests.failed == 0 {
        return Vec::new();
    }
    let mut lines = vec![format!("  {}:", test_words(tests))];
    for (case, message) in tests.failures.iter().take(CASES) {
        let message = message.lines().next().unwrap_or_default();
        let text = if message.is_empty() { case.clone() } else { format!("{case}: {message}") };
        lines.push(format!("  {} {}", look.paint(Tone::Bad, Mark::Bad.glyph()), clean(&text, look.colour)));
    }
    let more = (tests.failed as usize).saturating_sub(tests.failures.len().min(CASES));
    if more > 0 {
        lines.push(format!("    and {more} more"));
    }
    lines
}

/// Services that had ended when the step failed: they are often the cause.
fn ended_before<'a>(
    stage: &'a StageRecord,
    finish: &'a StepFinish,
) -> impl Iterator<Item = (&'a StepPath, &'a ServiceEnd)> {
    stage.entries.iter().filter_map(|(path, entry)| match &entry.state {
        State::Service { end: Some(end), .. } if end.at <= finish.at => Some((path, end)),
        State::Service { .. } | State::Step { .. } => None,
    })
}

fn dead_service(look: Look, path: &StepPath, end: &ServiceEnd, finish: &StepFinish) -> Vec<String> {
    let before = human::duration(between(end.at, finish.at));
    let how = describe_exit_code(end.exit_code, end.reason.as_deref());
    let sentence = format!("service `{path}` had ended {before} before: {how}");
    let mut lines: Vec<String> =
        wrap(&sentence, look.width.saturating_sub(2)).iter().map(|line| format!("  {line}")).collect();
    lines.extend(end.tail.iter().map(|line| quoted(look, Mark::ServiceLine, line.as_str())));
    lines
}

/// The first line that looks like an error, if the last lines do not include it.
fn early_error<'a>(entry: &'a Entry, finish: &StepFinish) -> Option<&'a str> {
    let error = entry.first_error.as_deref()?;
    (!finish.tail.is_empty() && !finish.tail.iter().any(|line| line.as_str() == error)).then_some(error)
}

fn quoted(look: Look, mark: Mark, line: &str) -> String {
    format!("  {} {}", look.paint(mark.tone(), mark.glyph()), clean(line, look.colour)).trim_end().to_owned()
}
