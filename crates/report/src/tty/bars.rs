//! The live part of the screen: a bar for each pull, a spinner for each running step, and one line about the run.

use std::time::Duration;

use console::{measure_text_width, truncate_str};
use indexmap::IndexMap;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::{human, table::shorten_path};

/// Columns for the name of an image or step.
const NAME: usize = 28;
const SPINNER: &str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ";

/// The content of one live line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Live {
    /// A pull: the image, bytes so far and in all (0 if unknown).
    Pull { image: String, current: u64, total: u64 },
    /// A running step: its path, type and time.
    Step { path: String, what: String, elapsed: Duration },
    /// The whole run, as text to display.
    Run { text: String },
}

/// The bars on the screen, by name.
pub(super) struct Bars {
    multi: MultiProgress,
    shown: IndexMap<String, ProgressBar>,
}

impl Bars {
    pub(super) fn new(multi: MultiProgress) -> Self {
        Self { multi, shown: IndexMap::new() }
    }

    /// Shows exactly these lines; new ones appear at their position.
    pub(super) fn show(&mut self, lines: &[Live]) {
        let keys: Vec<String> = lines.iter().map(Live::key).collect();
        for (_, gone) in self.shown.extract_if(.., |key, _| !keys.contains(key)) {
            self.multi.remove(&gone);
        }
        for (place, (line, key)) in lines.iter().zip(keys).enumerate() {
            let bar = self.shown.entry(key).or_insert_with(|| {
                let bar = ProgressBar::no_length().with_style(line.style());
                self.multi.insert(place, bar)
            });
            line.update(bar);
        }
    }

    /// Removes the bars from the screen, to write above them. `redraw` restores them.
    pub(super) fn hide(&self) -> std::io::Result<()> {
        self.multi.clear()
    }

    /// Draws the bars now, even if they were drawn a moment ago.
    pub(super) fn redraw(&self) {
        // Any of them draws all of them.
        if let Some(bar) = self.shown.values().next() {
            bar.force_draw();
        }
    }
}

impl Live {
    fn key(&self) -> String {
        match self {
            Self::Pull { image, .. } => format!("image {image}"),
            Self::Step { path, .. } => format!("step {path}"),
            Self::Run { .. } => "run".to_owned(),
        }
    }

    fn style(&self) -> ProgressStyle {
        let style = match self {
            Self::Pull { .. } => ProgressStyle::with_template("{spinner} {prefix} {bar:20} {wide_msg}"),
            Self::Step { .. } => ProgressStyle::with_template("{spinner} {prefix} {wide_msg}"),
            Self::Run { .. } => ProgressStyle::with_template("{wide_msg}"),
        };
        style
            .expect("the templates above are well formed: every test draws them")
            .tick_chars(SPINNER)
            .progress_chars("━╸─")
    }

    fn update(&self, bar: &ProgressBar) {
        match self {
            Self::Pull { image, current, total } => {
                bar.set_prefix(column(image));
                bar.set_length((*total).max(1));
                bar.set_position(*current);
                bar.set_message(if *total == 0 {
                    "waiting".to_owned()
                } else {
                    format!("{} of {}", human::bytes(*current), human::bytes(*total))
                });
            }
            Self::Step { path, what, elapsed } => {
                bar.set_prefix(column(path));
                bar.set_message(format!("{what} {}", human::duration(*elapsed)));
            }
            Self::Run { text } => bar.set_message(text.clone()),
        }
        bar.tick();
    }
}

fn column(name: &str) -> String {
    let name = shorten_path(name, NAME);
    let padding = " ".repeat(NAME.saturating_sub(measure_text_width(&name)));
    format!("{}{padding}", truncate_str(&name, NAME, ""))
}
