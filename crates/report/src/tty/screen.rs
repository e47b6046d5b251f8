//! The content of the terminal: permanent lines, and bars below them.

use std::{io, mem};

use cirun_engine::{Event, EventKind, ImageState};
use cirun_terminal_text::human_count;
use console::truncate_str;
use indexmap::IndexMap;
use indicatif::{MultiProgress, ProgressDrawTarget, TermLike};
use jiff::Timestamp;

use super::{
    Refresh,
    bars::{Bars, Live},
};
use crate::{
    Colour, Look,
    closing::closing,
    human,
    legible::legible_event,
    look::Tone,
    narrate::{Narrator, Sentences},
    record::{RunRecord, StageRecord, State, between},
};

/// The largest number of lines that wait for the next drawing; a program that prints faster is drawn sooner.
const MOST_WAITING: usize = 500;

pub(super) struct Screen {
    term: Box<dyn TermLike>,
    colour: Colour,
    now: fn() -> Timestamp,
    record: RunRecord,
    narrator: Narrator,
    pulls: IndexMap<String, (u64, u64)>,
    waiting: Vec<String>,
    bars: Bars,
    error: Option<io::Error>,
    /// Another part of cirun writes to the terminal.
    paused: bool,
}

impl Screen {
    pub(super) fn new<T: TermLike + Clone + 'static>(
        term: T,
        colour: Colour,
        refresh: Refresh,
        now: fn() -> Timestamp,
    ) -> Self {
        let look = Look { colour, width: usize::from(term.width()) };
        let target = match refresh {
            Refresh::EachEvent => ProgressDrawTarget::term_like(Box::new(term.clone())),
            // A bar wants to be drawn at each change of each of its parts: one drawing is enough.
            Refresh::Every(pace) => {
                let hz = 1000 / pace.as_millis().clamp(4, 1000);
                ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), u8::try_from(hz).unwrap_or(u8::MAX))
            }
        };
        let multi = MultiProgress::with_draw_target(target);
        Self {
            term: Box::new(term),
            colour,
            now,
            record: RunRecord::new(0),
            narrator: Narrator::new(look, Sentences::Broken),
            pulls: IndexMap::new(),
            waiting: Vec::new(),
            bars: Bars::new(multi),
            error: None,
            paused: false,
        }
    }

    /// Removes the bars and releases the terminal; lines wait.
    pub(super) fn pause(&mut self) -> io::Result<()> {
        self.draw()?;
        self.paused = true;
        self.bars.hide()?;
        self.term.flush()
    }

    /// Resumes.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        self.paused = false;
        self.draw()?;
        self.bars.redraw();
        Ok(())
    }

    /// Handles an event; its effect appears at the next drawing, the end of the run at once.
    pub(super) fn apply(&mut self, event: &Event) -> io::Result<()> {
        let event = &*legible_event(event);
        self.record.apply(event);
        self.follow_pulls(event);
        let lines = self.narrator.lines(event, &self.record);
        if !shown_by_a_bar(&event.kind) {
            self.waiting.extend(lines);
        }
        let look = Look { colour: self.colour, width: usize::from(self.term.width()) };
        let last = closing(look, &self.record, event);
        let ends = !last.is_empty();
        self.waiting.extend(last);
        if ends || self.waiting.len() >= MOST_WAITING { self.draw() } else { Ok(()) }
    }

    /// Draws for the ticker, which cannot report errors: the sink does so at the next event.
    pub(super) fn tick(&mut self) {
        if self.error.is_none() {
            self.error = self.draw().err();
        }
    }

    pub(super) fn take_error(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// Writes the waiting lines and updates the bars.
    pub(super) fn draw(&mut self) -> io::Result<()> {
        if self.paused {
            return Ok(());
        }
        let waiting = mem::take(&mut self.waiting);
        if !waiting.is_empty() {
            self.bars.hide()?;
            for line in waiting.iter().flat_map(|text| text.split('\n')) {
                self.term.write_line(line)?;
            }
            self.term.flush()?;
        }
        let live = self.live();
        self.bars.show(&live);
        if !waiting.is_empty() {
            self.bars.redraw();
        }
        Ok(())
    }

    /// Removes the bars for good. Best effort: the terminal may be gone.
    pub(super) fn leave(&mut self) {
        self.bars.show(&[]);
        drop(self.bars.hide().and_then(|()| self.term.flush()));
    }

    fn follow_pulls(&mut self, event: &Event) {
        let EventKind::ImagePull { image, state } = &event.kind else { return };
        match state {
            ImageState::Started => {
                self.pulls.insert(image.clone(), (0, 0));
            }
            ImageState::Progress { current, total } => {
                self.pulls.insert(image.clone(), (*current, *total));
            }
            ImageState::Present | ImageState::Done | ImageState::Failed { .. } => {
                self.pulls.shift_remove(image);
            }
        }
    }

    /// The live lines: none before the run begins and after it has ended.
    fn live(&self) -> Vec<Live> {
        if self.record.header.is_none() || self.record.finish.is_some() {
            return Vec::new();
        }
        let now = (self.now)();
        let mut lines: Vec<Live> = self
            .pulls
            .iter()
            .map(|(image, (current, total))| Live::Pull { image: image.clone(), current: *current, total: *total })
            .collect();
        for (path, entry) in self.record.stages.last().into_iter().flat_map(|stage| &stage.entries) {
            if let (State::Step { step_type, finish: None, .. }, Some(started)) = (&entry.state, entry.started) {
                lines.push(Live::Step {
                    path: path.to_string(),
                    what: step_type.clone(),
                    elapsed: between(started, now),
                });
            }
        }
        lines.push(Live::Run { text: self.status(now) });
        lines
    }

    /// `12.3s  2 of 5 steps done  ● redis  ○ catalog`, as far as it fits.
    fn status(&self, now: Timestamp) -> String {
        let look = Look { colour: self.colour, width: usize::from(self.term.width()) };
        let planned: usize = self.record.header.iter().flat_map(|header| &header.stages).map(|(_, steps)| steps).sum();
        let done = self
            .record
            .stages
            .iter()
            .flat_map(|stage| stage.entries.values())
            // A service is complete once it is ready.
            .filter(|entry| entry.finish().is_some() || entry.is_service())
            .count();
        let time = look.paint(Tone::Strong, &human::duration(self.record.since_start(now)));
        let mut text = format!("{time}  {done} of {} done", human_count(planned.max(done), "step"));
        for (name, sign, tone) in self.record.stages.last().into_iter().flat_map(services) {
            text.push_str(&format!("  {} {name}", look.paint(tone, sign)));
        }
        truncate_str(&text, look.width, "…").into_owned()
    }
}

fn services(stage: &StageRecord) -> impl Iterator<Item = (&str, &'static str, Tone)> {
    stage.entries.iter().filter_map(|(path, entry)| match &entry.state {
        State::Step { .. } => None,
        State::Service { end: Some(_), .. } => Some((path.as_str(), "✗", Tone::Bad)),
        State::Service { ready_after: Some(_), .. } => Some((path.as_str(), "●", Tone::Good)),
        State::Service { .. } => Some((path.as_str(), "○", Tone::Dim)),
    })
}

/// Its bar already shows the start.
fn shown_by_a_bar(kind: &EventKind) -> bool {
    matches!(kind, EventKind::StepStarted { .. } | EventKind::ImagePull { state: ImageState::Started, .. })
}
