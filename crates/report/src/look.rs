//! Colours and the width of the page. No other module uses escape codes.

/// Whether text is coloured; the caller decides by the terminal, `NO_COLOR` and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text only; the escape codes of programs are also removed.
    Never,
    /// With colours; those of programs are kept.
    Always,
}

/// The layout of text for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With or without colours.
    pub colour: Colour,
    /// The columns available to tables and sentences. Lines of steps are never cut.
    pub width: usize,
}

/// The meaning of a piece of text, rather than its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Warning,
    Info,
    Dim,
    Strong,
    /// The colour of a step, by its number in the run.
    Step(usize),
    /// The colour of a service.
    Service(usize),
}

/// Cyan, magenta, blue and their bright forms: green, red and yellow show outcomes.
const STEP_COLOURS: [&str; 6] = ["36", "35", "34", "96", "95", "94"];

impl Look {
    /// `text` in the colour of `tone`.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if text.is_empty() || self.colour == Colour::Never {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Warning => "33",
            Tone::Info => "36",
            Tone::Dim => "2",
            Tone::Strong => "1",
            Tone::Step(number) => STEP_COLOURS[number % STEP_COLOURS.len()],
            Tone::Service(number) => {
                return format!("\u{1b}[2;{}m{text}\u{1b}[0m", STEP_COLOURS[number % STEP_COLOURS.len()]);
            }
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// A sign before a line. The words of the line have the same meaning, so nothing is lost without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Start,
    Good,
    Bad,
    Skipped,
    Stopped,
    Warning,
    Note,
    Differs,
    Service,
    Pull,
    Output,
    StepLine,
    ServiceLine,
}

impl Mark {
    pub(crate) fn glyph(self) -> &'static str {
        match self {
            Self::Start => "▶",
            Self::Good => "✓",
            Self::Bad => "✗",
            Self::Skipped => "-",
            Self::Stopped => "■",
            Self::Warning => "!",
            Self::Note => "i",
            Self::Differs => "≠",
            Self::Service => "●",
            Self::Pull => "↓",
            Self::Output => "→",
            Self::StepLine => "│",
            Self::ServiceLine => "┊",
        }
    }

    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Start | Self::Note | Self::Service | Self::Pull | Self::Output => Tone::Info,
            Self::Good => Tone::Good,
            Self::Bad => Tone::Bad,
            Self::Stopped | Self::Warning | Self::Differs => Tone::Warning,
            Self::Skipped | Self::StepLine | Self::ServiceLine => Tone::Dim,
        }
    }
}
