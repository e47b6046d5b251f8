//! Colours and the width of the page. The only place that knows escape codes.

/// Whether text is coloured; the caller decides it from the terminal, `NO_COLOR` and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text only; the escape codes of programs are removed too.
    Never,
    /// With colours; those of programs are kept.
    Always,
}

/// How text for people is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With or without colours.
    pub colour: Colour,
    /// Columns that tables and sentences may take. Lines of steps are never cut.
    pub width: usize,
}

/// What a piece of text is, rather than how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Warning,
    Info,
    Dim,
    Strong,
    /// A step's own colour, by its number in the run.
    Step(usize),
    /// A service's own colour.
    Service(usize),
}

/// Cyan, magenta, blue and their bright forms: green, red and yellow say how something went.
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

/// A sign in front of a line. It repeats what the line says in words, so nothing is lost without it.
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
