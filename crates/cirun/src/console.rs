//! The only place that prints: data to stdout, words for people to stderr.

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{args::ColorChoice, error::CliError};

static COLOR: AtomicBool = AtomicBool::new(false);

/// Decides once whether stderr is coloured.
pub(crate) fn set_color(choice: ColorChoice, no_color: bool) {
    let on = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => io::stderr().is_terminal() && !no_color,
    };
    COLOR.store(on, Ordering::Relaxed);
}

/// Whether stderr is coloured.
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

/// Writes the words of a question, without a line end.
pub(crate) fn prompt(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()));
}

/// What a person has typed meanwhile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// No whole line yet.
    Nothing,
    /// A line.
    Line(String),
    /// The input has ended.
    End,
}

/// Waits for a line from stdin, for `patience` at most: who waits can look around and wait again.
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
    // A terminal gives one line at a time. What is read beyond it would not be seen by the next poll.
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

/// Writes data to stdout. A reader that went away (`cirun plan | head`) is no error.
pub(crate) fn data(text: &str) -> Result<(), CliError> {
    stream(|out| out.write_all(text.as_bytes()))
}

/// Writes data to stdout as it comes.
pub(crate) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    let mut stdout = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::io("cannot write to stdout", &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Standard output, for data that comes piece by piece; see [`data`].
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

/// Writes a line for people to stderr; where stderr is gone there is nobody to tell.
pub(crate) fn say(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(b"\n")));
}
