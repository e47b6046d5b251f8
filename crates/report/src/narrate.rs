//! Describes a run in lines, each with the step's id before it. Plain output is these lines; a terminal shows them
//! above its bars.

use cirun_diagnostics::Severity;
use cirun_engine::{Event, EventKind, ImageState, MaskedLines, Outcome, describe_exit_code};
use cirun_plan::StepPath;
use console::{measure_text_width, truncate_str};
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::{
    Look,
    clean::clean,
    human,
    look::{Mark, Tone},
    record::{BACKGROUND, RunRecord, between},
    summary::{mark, test_words, words},
    table::{shorten_path, wrap},
};

/// The width of prefixes: it grows with the ids, within these bounds.
const PREFIX: std::ops::RangeInclusive<usize> = 12..=24;

/// Sentences are not wrapped at less than this width, however narrow the page.
const LEAST_SENTENCE: usize = 30;

/// The prefix of a line about no step.
const SELF: &str = "cirun";

/// How to handle cirun's own sentences that are wider than the page. Lines of steps are never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sentences {
    /// One line each, for programs that read lines.
    Whole,
    /// Wrapped at spaces, for users.
    Broken,
}

/// Makes the lines. It only keeps state for the layout.
pub(crate) struct Narrator {
    look: Look,
    sentences: Sentences,
    prefix: usize,
    pulls: IndexMap<String, Pull>,
    /// The reason of the last failed pull.
    failed_pull: Option<String>,
}

struct Pull {
    started: Timestamp,
    total: u64,
}

impl Narrator {
    pub(crate) fn new(look: Look, sentences: Sentences) -> Self {
        Self { look, sentences, prefix: *PREFIX.start(), pulls: IndexMap::new(), failed_pull: None }
    }

    /// The lines for `event`, which `record` already contains; none for events that only the summary or a bar shows.
    pub(crate) fn lines(&mut self, event: &Event, record: &RunRecord) -> Vec<String> {
        match &event.kind {
            // The failed pull has just reported it.
            EventKind::Diagnostic { step: None, message, .. }
                if self.failed_pull.as_ref().is_some_and(|reason| message.ends_with(reason)) =>
            {
                Vec::new()
            }
            EventKind::Diagnostic { code, severity, message, step } => {
                vec![self.diagnostic(record, code, *severity, message, step.as_ref())]
            }
            EventKind::ImagePull { image, state } => self.pull(event.at, image, state),
            EventKind::StageStarted { stage } if is_one_of_several(record) => {
                vec![self.own(Mark::Start, &format!("stage {stage}"))]
            }
            EventKind::StageFinished { stage, outcome, elapsed } if is_one_of_several(record) => {
                let text = format!("stage {stage} {} in {}", words(*outcome), human::duration(*elapsed));
                vec![self.own(mark(*outcome), &text)]
            }
            // The pipeline is named above the lines, and the outcome is below them.
            EventKind::RunStarted { .. }
            | EventKind::StageStarted { .. }
            | EventKind::StageFinished { .. }
            | EventKind::RunFinished { .. } => Vec::new(),
            EventKind::ServiceStarted { step, addresses } => {
                let colon = if addresses.is_empty() { "" } else { ": " };
                let text = format!("service started{colon}{}", addresses.join(", "));
                vec![self.line(record, step, Mark::Service, &text)]
            }
            EventKind::ServiceReady { step, after } => {
                vec![self.line(record, step, Mark::Good, &format!("service ready after {}", human::duration(*after)))]
            }
            EventKind::ServiceExited { step, exit_code, reason, tail: _ } => {
                let mark = if *exit_code == 0 { Mark::Warning } else { Mark::Bad };
                let how = describe_exit_code(*exit_code, reason.as_deref());
                vec![self.line(record, step, mark, &format!("service ended: {how}"))]
            }
            // The event that the service has started has more details, and follows.
            EventKind::StepStarted { step_type, .. } if step_type == BACKGROUND => Vec::new(),
            EventKind::StepStarted { step, step_type, attempt } => {
                let at = human::duration(record.since_start(event.at));
                let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
                vec![self.line(record, step, Mark::Start, &format!("{step_type} started at +{at}{again}"))]
            }
            EventKind::StepOutput { step, stream: _, lines } => self.output(record, step, lines),
            // A service that was ready ends with its stage, as expected.
            EventKind::StepFinished { step, tests, .. } if is_service(record, step) => {
                tests.iter().map(|tests| self.line(record, step, Mark::Service, &test_words(tests))).collect()
            }
            EventKind::StepFinished { step, outcome, outputs, .. } => {
                let mut lines = vec![self.line(record, step, mark(*outcome), &finish_words(record, step, *outcome))];
                for (name, value) in outputs {
                    let room = self.look.width.saturating_sub(self.prefix + 3).max(20);
                    let text = format!("{name}={}", value.replace('\n', "\\n"));
                    let text = clean(&text, self.look.colour);
                    lines.push(self.line(record, step, Mark::Output, &truncate_str(&text, room, "…")));
                }
                lines
            }
        }
    }

    fn diagnostic(
        &mut self,
        record: &RunRecord,
        code: &str,
        severity: Severity,
        message: &str,
        step: Option<&StepPath>,
    ) -> String {
        let mark = severity_mark(severity);
        let text = format!("{} {message} [{code}]", self.look.paint(mark.tone(), &format!("{severity}:")));
        match step {
            Some(step) => self.line(record, step, mark, &text),
            None => self.own(mark, &text),
        }
    }

    fn pull(&mut self, at: Timestamp, image: &str, state: &ImageState) -> Vec<String> {
        match state {
            ImageState::Present => Vec::new(),
            ImageState::Started => {
                self.pulls.insert(image.to_owned(), Pull { started: at, total: 0 });
                vec![self.own(Mark::Pull, &format!("pulling {image}"))]
            }
            ImageState::Progress { total, .. } => {
                if let Some(pull) = self.pulls.get_mut(image) {
                    pull.total = *total;
                }
                Vec::new()
            }
            ImageState::Done => {
                let mut text = format!("pulled {image}");
                if let Some(pull) = self.pulls.shift_remove(image) {
                    text.push_str(&format!(" in {}", human::duration(between(pull.started, at))));
                    if pull.total > 0 {
                        text.push_str(&format!(", {}", human::bytes(pull.total)));
                    }
                }
                vec![self.own(Mark::Good, &text)]
            }
            ImageState::Failed { reason } => {
                self.pulls.shift_remove(image);
                self.failed_pull = Some(reason.clone());
                vec![self.own(Mark::Bad, &format!("cannot pull {image}: {reason}"))]
            }
        }
    }

    /// A line that is about the run rather than a step.
    fn own(&mut self, mark: Mark, text: &str) -> String {
        self.prefixed(SELF, Tone::Strong, mark, text)
    }

    /// The lines that a step or a service printed.
    fn output(&mut self, record: &RunRecord, step: &StepPath, lines: &MaskedLines) -> Vec<String> {
        let mark = if is_service(record, step) { Mark::ServiceLine } else { Mark::StepLine };
        let prefix = self.prefix(step.as_str(), tone(record, step), mark);
        let shown = lines.iter().map(|line| {
            let mut shown = String::with_capacity(prefix.len() + line.len());
            shown.push_str(&prefix);
            shown.push_str(&clean(line, self.look.colour));
            shown.truncate(shown.trim_end().len());
            shown
        });
        shown.collect()
    }

    /// A line about a step or a service, in its colour.
    fn line(&mut self, record: &RunRecord, step: &StepPath, mark: Mark, text: &str) -> String {
        self.prefixed(step.as_str(), tone(record, step), mark, text)
    }

    /// What is before each line about `who`.
    fn prefix(&mut self, who: &str, tone: Tone, mark: Mark) -> String {
        let who = shorten_path(who, *PREFIX.end());
        let width = measure_text_width(&who);
        self.prefix = self.prefix.max(width);
        let padding = " ".repeat(self.prefix - width);
        let sign = self.look.paint(mark.tone(), mark.glyph());
        format!("{}{padding} {sign} ", self.look.paint(tone, &who))
    }

    fn prefixed(&mut self, who: &str, tone: Tone, mark: Mark, text: &str) -> String {
        let first = self.prefix(who, tone, mark);
        let is_data = matches!(mark, Mark::StepLine | Mark::ServiceLine | Mark::Output);
        if is_data || self.sentences == Sentences::Whole {
            return format!("{first}{text}").trim_end().to_owned();
        }
        let indent = self.prefix + 3;
        let room = self.look.width.saturating_sub(indent).max(LEAST_SENTENCE);
        format!("{first}{}", wrap(text, room).join(&format!("\n{}", " ".repeat(indent))))
    }
}

/// The colour of a step or a service.
fn tone(record: &RunRecord, step: &StepPath) -> Tone {
    match record.find(step) {
        Some((number, entry)) if entry.is_service() => Tone::Service(number),
        Some((number, _)) => Tone::Step(number),
        None => Tone::Strong,
    }
}

fn is_one_of_several(record: &RunRecord) -> bool {
    record.header.as_ref().is_some_and(|header| header.stages.len() > 1)
}

fn is_service(record: &RunRecord, step: &StepPath) -> bool {
    record.find(step).is_some_and(|(_, entry)| entry.is_service())
}

pub(crate) fn severity_mark(severity: Severity) -> Mark {
    match severity {
        Severity::Error => Mark::Bad,
        Severity::Warning => Mark::Warning,
        Severity::Parity => Mark::Differs,
        Severity::Note => Mark::Note,
    }
}

/// How the step ended, in a line.
fn finish_words(record: &RunRecord, step: &StepPath, outcome: Outcome) -> String {
    let Some(finish) = record.find(step).and_then(|(_, entry)| entry.finish()) else {
        return words(outcome).to_owned();
    };
    let mut text = match outcome {
        Outcome::Skipped => "skipped".to_owned(),
        Outcome::TimedOut | Outcome::Aborted => format!("{} after {}", words(outcome), human::duration(finish.elapsed)),
        Outcome::Succeeded | Outcome::Failed | Outcome::Ignored => {
            format!("{} in {}", words(outcome), human::duration(finish.elapsed))
        }
    };
    let why = match finish.exit_code {
        Some(code) if code != 0 => Some(describe_exit_code(code, finish.reason.as_deref())),
        Some(_) | None => finish.reason.clone(),
    };
    let tests = finish.tests.as_ref().map(test_words);
    for (index, detail) in why.into_iter().chain(tests).enumerate() {
        text.push_str(if index == 0 { ": " } else { "; " });
        text.push_str(&detail);
    }
    text
}
