//! Prints data to stdout and messages to stderr. No other module prints.
//!
//! Texts may come from files and other programs, so control characters are escaped here and cannot control the terminal. The
//! sinks of a run do the same.

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use cirun_diagnostics::Failure;
use cirun_project::Dialogue;
use cirun_terminal_text::{LegibleWriter, legible, legible_in_colour};

use crate::args::ColorChoice;

static COLOR: AtomicBool = AtomicBool::new(false);

/// Sets whether output on stderr is coloured.
pub(crate) fn set_color(choice: ColorChoice, no_color: bool) {
    let on = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => io::stderr().is_terminal() && !no_color,
    };
    COLOR.store(on, Ordering::Relaxed);
}

/// Whether output on stderr is coloured.
pub(crate) fn color() -> bool {
    COLOR.load(Ordering::Relaxed)
}

/// Whether stderr is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether a person can be asked: stdin and stderr are terminals.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Prints a question, without a line end.
pub(crate) fn prompt(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_all(legible(text).as_bytes()).and_then(|()| stderr.flush()));
}

/// The terminal as the [`Dialogue`] of cirun's libraries.
#[derive(Debug)]
pub(crate) struct Terminal;

impl Dialogue for Terminal {
    fn say(&self, line: &str) {
        say(line);
    }

    fn can_answer(&self) -> bool {
        is_interactive()
    }

    fn ask(&self, question: &str) -> io::Result<Option<String>> {
        prompt(question);
        loop {
            match type_line(LOOK)? {
                Typed::Nothing => {}
                Typed::Line(line) => return Ok(Some(line)),
                Typed::End => return Ok(None),
            }
        }
    }

    fn ask_unseen(&self, question: &str) -> io::Result<Option<String>> {
        type_unseen(question)
    }
}

/// Timeout of one poll for an answer.
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);

/// What a person has typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// No whole line yet.
    Nothing,
    /// A line.
    Line(String),
    /// The input has ended.
    End,
}

/// Waits for a line from stdin, at most for `patience`, so that callers can check something else between two calls.
#[cfg(unix)]
pub(crate) fn type_line(patience: std::time::Duration) -> io::Result<Typed> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut input = [PollFd::new(&stdin, PollFlags::IN)];
    let patience = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: i64::from(patience.subsec_nanos()) };
    match poll(&mut input, Some(&patience)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(Typed::Nothing),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    // A terminal gives one line at a time. A buffered reader could read more, which the next poll would not see.
    let mut bytes = [0; 4096];
    match rustix::io::read(&stdin, &mut bytes)? {
        0 => Ok(Typed::End),
        count => Ok(Typed::Line(String::from_utf8_lossy(&bytes[..count]).into_owned())),
    }
}

/// Waits for a line from stdin.
#[cfg(not(unix))]
pub(crate) fn type_line(_patience: std::time::Duration) -> io::Result<Typed> {
    let mut line = String::new();
    match io::stdin().read_line(&mut line)? {
        0 => Ok(Typed::End),
        _ => Ok(Typed::Line(line)),
    }
}

/// Asks for a line without showing what is typed. `None` if the input has ended. Ctrl-C is an error of the kind `Interrupted`.
#[cfg(unix)]
fn type_unseen(question: &str) -> io::Result<Option<String>> {
    let unseen = Unseen::begin()?;
    prompt(question);
    // A terminal gives one line at a time, of at most this size.
    let mut bytes = [0; 4096];
    let count = rustix::io::read(io::stdin(), &mut bytes);
    drop(unseen);
    say("");
    match &bytes[..count?] {
        [] => Ok(None),
        [.., INTERRUPT] => Err(io::ErrorKind::Interrupted.into()),
        typed => Ok(Some(String::from_utf8_lossy(typed).trim_end_matches(['\n', '\r']).to_owned())),
    }
}

/// Fails: cirun cannot hide what is typed on this system.
#[cfg(not(unix))]
fn type_unseen(_question: &str) -> io::Result<Option<String>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "on this system the terminal would show what you type"))
}

/// The byte for Ctrl-C, if the terminal sends no signal for it.
#[cfg(unix)]
const INTERRUPT: u8 = 3;

/// The terminal does not show what is typed until this is dropped. Ctrl-C ends the line and not the process: a killed process
/// could not restore the terminal.
#[cfg(unix)]
struct Unseen(rustix::termios::Termios);

#[cfg(unix)]
impl Unseen {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        unseen.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(io::stdin(), OptionalActions::Now, &unseen)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Unseen {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // Fails only if the terminal is gone.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// The width of the terminal, in columns.
pub(crate) fn width() -> usize {
    terminal_width().unwrap_or(80).clamp(40, 200)
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    rustix::termios::tcgetwinsize(io::stderr()).ok().map(|size| usize::from(size.ws_col)).filter(|width| *width > 0)
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    None
}

/// Writes data to stdout. A closed pipe (`cirun plan | head`) is no error.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    stream(|out| out.write_all(text.as_bytes()))
}

/// Writes data to stdout with a function, without collecting it first.
pub(crate) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = BufWriter::with_capacity(1 << 16, LegibleWriter::new(io::stdout().lock()));
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::io("cannot write to stdout", error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Standard output, for sinks; see [`data`].
#[derive(Debug)]
pub(crate) struct Data;

impl Write for Data {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match io::stdout().lock().write_all(bytes) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            Ok(()) | Err(_) => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match io::stdout().lock().flush() {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Prints a line to stderr. Ignores errors.
pub(crate) fn say(text: &str) {
    write_line(&legible(text));
}

/// Prints why a command failed, and what to do about it.
pub(crate) fn fail(failure: &Failure) {
    say(&format!("error: {failure}"));
    failure.remedies().iter().for_each(|remedy| say(&format!(" help: {remedy}")));
}

/// Prints a line to stderr and keeps cirun's own colours in it.
pub(crate) fn say_in_colour(text: &str) {
    write_line(&legible_in_colour(text));
}

fn write_line(line: &str) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_all(line.as_bytes()).and_then(|()| stderr.write_all(b"\n")));
}
