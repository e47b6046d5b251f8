//! The table at the end of a run, and the verdict under it.

use cirun_engine::{Outcome, TestSummary, exit_code_meaning};
use cirun_terminal_text::human_count;

use crate::{
    Look, human,
    look::Mark,
    record::{Entry, RunFinish, RunRecord, ServiceEnd, State, StepFinish},
    table::{self, Cell, Column, ColumnKind},
};

const COLUMNS: [Column; 7] = [
    Column { title: "stage", kind: ColumnKind::Word },
    Column { title: "step", kind: ColumnKind::Path },
    Column { title: "status", kind: ColumnKind::Word },
    Column { title: "exit", kind: ColumnKind::Number },
    Column { title: "time", kind: ColumnKind::Number },
    Column { title: "tests", kind: ColumnKind::Number },
    Column { title: "note", kind: ColumnKind::Sentence },
];

/// The sign of an outcome.
pub(crate) fn mark(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Succeeded => Mark::Good,
        Outcome::Failed | Outcome::TimedOut => Mark::Bad,
        Outcome::Skipped => Mark::Skipped,
        Outcome::Ignored => Mark::Warning,
        Outcome::Aborted => Mark::Stopped,
    }
}

/// The outcome in words.
pub(crate) fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::Ignored => "failed, ignored",
        Outcome::TimedOut => "timed out",
        Outcome::Aborted => "aborted",
    }
}

/// The table and the verdict of a finished run.
pub(crate) fn render(look: Look, record: &RunRecord, finish: RunFinish) -> Vec<String> {
    let several = record.stages.len() > 1;
    let rows: Vec<Vec<Cell>> = record
        .stages
        .iter()
        .flat_map(|stage| {
            let id = if several { stage.id.as_str() } else { "" };
            stage.entries.iter().map(move |(path, entry)| row(id, path.as_str(), entry))
        })
        .collect();
    let mut lines = vec![String::new()];
    if !rows.is_empty() {
        lines.extend(table::render(look, &COLUMNS, &rows));
        lines.push(String::new());
    }
    lines.push(verdict(look, record, finish));
    lines
}

/// The state of a step or service: a sign and words.
pub(crate) fn status_of(entry: &Entry) -> (Mark, &'static str) {
    match &entry.state {
        State::Service { end: Some(end), .. } => {
            (if end.exit_code == 0 { Mark::Warning } else { Mark::Bad }, "service ended")
        }
        State::Service { ready_after: Some(_), .. } => (Mark::Service, "service ready"),
        State::Service { .. } => (Mark::Service, "service started"),
        State::Step { finish: Some(finish), .. } => (mark(finish.outcome), words(finish.outcome)),
        State::Step { finish: None, .. } => (Mark::Stopped, "not finished"),
    }
}

fn row(stage: &str, path: &str, entry: &Entry) -> Vec<Cell> {
    let (mark, words) = status_of(entry);
    let status = Cell::toned(format!("{} {words}", mark.glyph()), mark.tone());
    let tests = entry.tests().map(test_ratio).unwrap_or_default();
    let [exit, time, note] = match &entry.state {
        State::Service { end: Some(end), .. } => [end.exit_code.to_string(), String::new(), why_ended(end)],
        State::Service { ready_after: Some(after), .. } => {
            [String::new(), String::new(), format!("after {}", human::duration(*after))]
        }
        State::Step { finish: Some(finish), attempt, .. } => finished_step(finish, *attempt),
        State::Service { .. } | State::Step { finish: None, .. } => Default::default(),
    };
    vec![Cell::new(stage), Cell::new(path), status, Cell::new(exit), Cell::new(time), Cell::new(tests), Cell::new(note)]
}

fn why_ended(end: &ServiceEnd) -> String {
    end.reason.as_deref().or_else(|| exit_code_meaning(end.exit_code)).unwrap_or_default().to_owned()
}

fn finished_step(finish: &StepFinish, attempt: u32) -> [String; 3] {
    let mut notes = Vec::new();
    if attempt > 1 {
        notes.push(format!("attempt {attempt}"));
    }
    let meaning = finish.exit_code.and_then(exit_code_meaning).map(str::to_owned);
    // The column next to it has the code.
    let code = finish.exit_code.map(|code| format!("exit code {code}"));
    notes.extend(finish.reason.clone().filter(|reason| Some(reason) != code.as_ref()).or(meaning));
    let time = if finish.outcome == Outcome::Skipped { String::new() } else { human::duration(finish.elapsed) };
    [finish.exit_code.map(|code| code.to_string()).unwrap_or_default(), time, notes.join(", ")]
}

fn test_ratio(tests: &TestSummary) -> String {
    format!("{}/{}", tests.passed, tests.total)
}

/// `12 tests passed`, `2 of 12 tests failed`, `11 tests passed, 1 skipped`.
pub(crate) fn test_words(tests: &TestSummary) -> String {
    if tests.failed > 0 {
        return format!("{} of {} failed", tests.failed, human_count(tests.total as usize, "test"));
    }
    let passed = format!("{} passed", human_count(tests.passed as usize, "test"));
    if tests.skipped > 0 { format!("{passed}, {} skipped", tests.skipped) } else { passed }
}

fn verdict(look: Look, record: &RunRecord, finish: RunFinish) -> String {
    let what = record.header.as_ref().map_or("the run", |header| header.pipeline.as_str());
    let mark = mark(finish.outcome);
    let said = match finish.outcome {
        // Not a success: nothing has run.
        Outcome::Skipped => format!("nothing of {what} has run"),
        outcome => format!("{what} {} in {}", words(outcome), human::duration(finish.elapsed)),
    };
    let head = look.paint(mark.tone(), &format!("{} {said}", mark.glyph()));
    let counts = counts(record);
    let colon = if counts.is_empty() { "" } else { ": " };
    match finish.exit_code {
        // A success or a failed step explains itself; another code shows the kind of failure.
        0 | 1 => format!("{head}{colon}{counts}"),
        code => format!("{head}{colon}{counts} (exit code {code})"),
    }
}

/// `1 failed, 3 succeeded, 1 skipped`: the steps by outcome, failures first.
pub(crate) fn counts(record: &RunRecord) -> String {
    let outcomes: Vec<Outcome> = record
        .stages
        .iter()
        .flat_map(|stage| stage.entries.values())
        .filter_map(|entry| entry.finish().map(|finish| finish.outcome))
        .collect();
    let counts: Vec<String> =
        [Outcome::Failed, Outcome::TimedOut, Outcome::Aborted, Outcome::Ignored, Outcome::Succeeded, Outcome::Skipped]
            .into_iter()
            .filter_map(|outcome| {
                let number = outcomes.iter().filter(|found| **found == outcome).count();
                let word = if outcome == Outcome::Ignored { "ignored" } else { words(outcome) };
                (number > 0).then(|| format!("{number} {word}"))
            })
            .collect();
    counts.join(", ")
}
