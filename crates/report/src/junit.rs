//! `--junit FILE`: each stage is a test suite, each step a test case, for tools that read JUnit.

use cirun_engine::{Outcome, TestSummary, describe_exit_code};
use cirun_plan::StepPath;
use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::{
    Colour, ReportFormat, SinkError,
    clean::clean,
    human,
    record::{Entry, RunRecord, StageRecord, State, StepFinish},
    summary::words,
};

/// The report.
pub static JUNIT: ReportFormat = ReportFormat {
    what: "the JUnit report",
    keep_lines: 200,
    render: |record, _, _| {
        let failed = |error: SerializeError| SinkError::Format { what: JUNIT.what, reason: error.to_string() };
        report(record).to_string().map_err(failed)
    },
};

fn report(record: &RunRecord) -> Report {
    let pipeline = record.header.as_ref().map_or("pipeline", |header| header.pipeline.as_str());
    let mut report = Report::new(pipeline);
    if let Some(finish) = record.finish {
        report.set_time(finish.elapsed);
    }
    for stage in &record.stages {
        let mut suite = TestSuite::new(stage.id.as_str());
        if let Some(end) = &stage.finish {
            suite.set_time(end.elapsed);
        }
        suite.add_test_cases(cases(pipeline, stage));
        report.add_test_suite(suite);
    }
    report
}

/// Background steps that ran are not cases: CI reports every one as successful. One with reports is a case, for its
/// tests.
fn cases(pipeline: &str, stage: &StageRecord) -> impl Iterator<Item = TestCase> {
    stage.entries.iter().filter_map(move |(path, entry)| {
        let mut case = match (&entry.state, entry.tests()) {
            (State::Service { .. }, None) => return None,
            (State::Service { .. }, Some(_)) => TestCase::new(path.as_str(), TestCaseStatus::success()),
            (State::Step { finish, .. }, _) => case(path, entry, finish.as_ref()),
        };
        case.set_classname(format!("{pipeline}.{}", stage.id));
        for (name, count) in entry.tests().into_iter().flat_map(test_counts) {
            case.add_property(Property::new(name, count.to_string()));
        }
        Some(case)
    })
}

/// The summary of a step's reports: its own cases are in them.
fn test_counts(tests: &TestSummary) -> [(&'static str, u32); 4] {
    let TestSummary { total, passed, failed, skipped, .. } = tests;
    [("tests", *total), ("tests_passed", *passed), ("tests_failed", *failed), ("tests_skipped", *skipped)]
}

fn case(path: &StepPath, entry: &Entry, finish: Option<&StepFinish>) -> TestCase {
    let Some(finish) = finish else {
        return TestCase::new(path.as_str(), not_success(NonSuccessKind::Error, "aborted", "the step did not end"));
    };
    let mut case = TestCase::new(path.as_str(), status(finish));
    case.set_time(finish.elapsed);
    if let Some(code) = finish.exit_code {
        case.add_property(Property::new("exit_code", code.to_string()));
    }
    let mut output = String::new();
    if entry.log.dropped() > 0 {
        output.push_str(&format!("[{} earlier lines are left out]\n", entry.log.dropped()));
    }
    for line in entry.log.lines() {
        output.push_str(&clean(line, Colour::Never));
        output.push('\n');
    }
    if !output.is_empty() {
        case.set_system_out(output);
    }
    case
}

fn status(finish: &StepFinish) -> TestCaseStatus {
    let why = match finish.exit_code {
        Some(code) => describe_exit_code(code, finish.reason.as_deref()),
        None => finish
            .reason
            .clone()
            .unwrap_or_else(|| format!("{} after {}", words(finish.outcome), human::duration(finish.elapsed))),
    };
    let name = finish.outcome.as_str();
    match finish.outcome {
        Outcome::Succeeded => TestCaseStatus::success(),
        Outcome::Failed | Outcome::TimedOut => not_success(NonSuccessKind::Failure, name, &why),
        Outcome::Aborted => not_success(NonSuccessKind::Error, name, &why),
        Outcome::Skipped => skipped(&why),
        Outcome::Ignored => skipped(&format!("failed and ignored: {why}")),
    }
}

fn not_success(kind: NonSuccessKind, name: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(name).set_message(message);
    status
}

fn skipped(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(message);
    status
}
