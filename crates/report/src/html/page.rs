//! The page: failures first, then notes, the timeline and the logs.

use cirun_plan::StepPath;
use cirun_terminal_text::human_count;
use jiff::Timestamp;

use super::markup::{Markup, percent};
use crate::{
    Colour, Look,
    clean::clean,
    digest, human,
    look::{Mark, Tone},
    narrate::severity_mark,
    record::{BACKGROUND, Entry, RunFinish, RunRecord, State, between},
    summary::{counts, mark, status_of, test_words, words},
};

const STYLE: &str = include_str!("page.css");
/// Forbids scripts and external resources, whatever a log line contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) fn render(record: &RunRecord, finish: RunFinish, now: Timestamp) -> String {
    let mut page = Markup::new();
    let pipeline = record.header.as_ref().map_or("pipeline", |header| header.pipeline.as_str());
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"").text(POLICY).raw("\">\n");
    page.leaf("title", "", &format!("{pipeline} {} - cirun", words(finish.outcome))).newline();
    page.raw("<style>\n").raw(STYLE).raw("</style>\n</head>\n<body>\n");
    header(&mut page, record, finish, pipeline);
    failures(&mut page, record);
    notes(&mut page, record);
    timeline(&mut page, record, now);
    logs(&mut page, record);
    page.raw("</body>\n</html>\n");
    page.finish()
}

fn header(page: &mut Markup, record: &RunRecord, finish: RunFinish, pipeline: &str) {
    page.element("header", &[], |page| {
        page.element("h1", &[], |page| {
            let badge = format!("badge {}", class(mark(finish.outcome)));
            page.text(pipeline).text(" ").leaf("span", &badge, words(finish.outcome));
        });
        if let Some(header) = &record.header {
            let facts = format!(
                "run {} · {} · cirun {} · began {:.0} · took {}",
                header.run,
                header.profile,
                header.version,
                header.at,
                human::duration(finish.elapsed)
            );
            page.leaf("p", "facts", &facts);
        }
        page.leaf("p", "", &counts(record));
    });
    page.newline();
}

fn failures(page: &mut Markup, record: &RunRecord) {
    let lines = digest::render(Look { colour: Colour::Never, width: 110 }, record);
    if lines.is_empty() {
        return;
    }
    section(page, "What failed", |page| {
        page.leaf("pre", "digest", lines.join("\n").trim());
    });
}

fn notes(page: &mut Markup, record: &RunRecord) {
    if record.notes.is_empty() {
        return;
    }
    section(page, "Notes", |page| {
        page.element("ul", &[], |page| {
            for note in &record.notes {
                page.element("li", &[], |page| {
                    page.leaf("b", class(severity_mark(note.severity)), note.severity.as_str()).text(" ");
                    if let Some(step) = &note.step {
                        page.text(step.as_str()).text(": ");
                    }
                    page.text(&note.message).text(" ").leaf("code", "", &note.code);
                });
            }
        });
    });
}

fn timeline(page: &mut Markup, record: &RunRecord, now: Timestamp) {
    section(page, "Timeline", |page| {
        for (number, stage) in record.stages.iter().enumerate() {
            page.element("h3", &[], |page| {
                page.text(&stage.id);
                if let Some(end) = stage.finish {
                    let text = format!("{} in {}", words(end.outcome), human::duration(end.elapsed));
                    page.text(" ").leaf("span", class(mark(end.outcome)), &text);
                }
            });
            for (path, entry) in &stage.entries {
                row(page, record, now, &anchor(number, path), path, entry);
            }
        }
    });
}

fn row(page: &mut Markup, record: &RunRecord, now: Timestamp, anchor: &str, path: &StepPath, entry: &Entry) {
    let (mark, words) = status_of(entry);
    page.element("div", &[("class", "row")], |page| {
        page.element("span", &[("class", "name"), ("title", path.as_str())], |page| {
            page.element("a", &[("href", &format!("#{anchor}"))], |page| {
                page.text(path.as_str());
            });
        });
        let span = entry.started.map(|started| (started, entry.ended().unwrap_or(now)));
        page.element("span", &[("class", "track")], |page| {
            let Some((started, ended)) = span else { return };
            let whole = record.since_start(now);
            let (left, width) = (percent(record.since_start(started), whole), percent(between(started, ended), whole));
            let kind = if entry.is_service() { " service" } else { "" };
            let class = format!("bar {}{kind}", class(mark));
            page.element("span", &[("class", &class), ("style", &format!("margin-left:{left};width:{width}"))], |_| {});
        });
        let time = span.map(|(started, ended)| human::duration(between(started, ended))).unwrap_or_default();
        page.leaf("span", "time", &time);
        page.leaf("span", &format!("status {}", class(mark)), &format!("{} {words}", mark.glyph()));
    });
    page.newline();
}

fn logs(page: &mut Markup, record: &RunRecord) {
    section(page, "Logs", |page| {
        for (number, stage) in record.stages.iter().enumerate() {
            for (path, entry) in &stage.entries {
                log(page, &anchor(number, path), path, entry);
            }
        }
    });
}

fn log(page: &mut Markup, anchor: &str, path: &StepPath, entry: &Entry) {
    let (mark, words) = status_of(entry);
    let mut attributes = vec![("id", anchor)];
    if mark == Mark::Bad {
        attributes.push(("open", ""));
    }
    page.element("details", &attributes, |page| {
        page.element("summary", &[], |page| {
            page.text(path.as_str()).text(" ");
            page.leaf("span", class(mark), &format!("{} {words}", mark.glyph())).text(" ");
            page.leaf("span", "dim", &description(entry));
        });
        if entry.log.lines().len() > 0 {
            page.element("pre", &[], |page| {
                if entry.log.dropped() > 0 {
                    page.text(&format!("[{} earlier lines are left out]\n", entry.log.dropped()));
                }
                for line in entry.log.lines() {
                    page.text(&clean(line, Colour::Never)).newline();
                }
            });
        }
    });
    page.newline();
}

/// `Run, 12 lines, 2 of 12 tests failed`.
fn description(entry: &Entry) -> String {
    let kind = match &entry.state {
        State::Service { .. } => BACKGROUND,
        State::Step { step_type, .. } => step_type,
    };
    let lines = human_count(entry.log.lines().len(), "line");
    let tests = entry.tests().map(test_words).unwrap_or_default();
    let parts = [kind, &lines, &tests];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn section(page: &mut Markup, title: &str, inside: impl FnOnce(&mut Markup)) {
    page.element("section", &[], |page| {
        page.leaf("h2", "", title).newline();
        inside(page);
    });
    page.newline();
}

fn anchor(stage: usize, path: &StepPath) -> String {
    format!("log-{stage}-{path}")
}

fn class(mark: Mark) -> &'static str {
    match mark.tone() {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Warning => "warn",
        Tone::Info => "info",
        Tone::Dim | Tone::Strong | Tone::Step(_) | Tone::Service(_) => "dim",
    }
}
