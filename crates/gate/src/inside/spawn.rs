//! Starts a command's process, with pipes or a terminal.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    io,
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStrExt, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rustix::{
    io::Errno,
    process::Pid,
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use super::{environment, launch, lookup};
use crate::protocol::{NotStarted, Program, Size, Stream};

/// The gate's own program, as its launcher.
const MYSELF: &str = "/proc/self/exe";

/// A started process.
pub(super) struct Spawned {
    pub(super) pid: Pid,
    pub(super) output: Vec<(Stream, File)>,
    pub(super) input: Option<File>,
    /// The terminal, which is also its output.
    pub(super) terminal: Option<File>,
}

/// Starts a program.
pub(super) fn spawn(program: &Program) -> Result<Spawned, NotStarted> {
    let Some((name, words)) = program.argv.split_first() else { return Err(NotStarted::NotFound) };
    let name = OsStr::from_bytes(name);
    let env = environment::compose(env::vars_os().collect(), &program.env);
    let here = env::current_dir().map_err(other)?;
    let directory = program.directory.as_deref().map(|path| here.join(OsStr::from_bytes(path)));
    let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
    let file = lookup::find(name, path, directory.as_deref().unwrap_or(&here))?;
    let mut command = match launch::settings(program) {
        None => {
            let mut command = Command::new(&file);
            command.arg0(name);
            command
        }
        Some(settings) => {
            let mut command = Command::new(MYSELF);
            command.arg(launch::WORD).arg(settings).arg(&file).arg(name);
            command
        }
    };
    command.args(words.iter().map(|word| OsStr::from_bytes(word))).env_clear().envs(env);
    if let Some(directory) = &directory {
        command.current_dir(directory);
    }
    match program.terminal {
        Some(size) => on_terminal(command, size),
        None => on_pipes(command, program.input),
    }
    .map_err(|error| reason(&error, &file))
}

fn on_pipes(mut command: Command, input: bool) -> io::Result<Spawned> {
    command.process_group(0);
    command.stdin(if input { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn()?;
    let pid = pid_of(child.id())?;
    let output = [(Stream::Stdout, child.stdout.map(OwnedFd::from)), (Stream::Stderr, child.stderr.map(OwnedFd::from))];
    let output = output.into_iter().filter_map(|(stream, pipe)| Some((stream, File::from(pipe?)))).collect();
    Ok(Spawned { pid, output, input: child.stdin.map(|pipe| File::from(OwnedFd::from(pipe))), terminal: None })
}

/// The launcher makes it the controlling terminal of a new session.
fn on_terminal(mut command: Command, size: Size) -> io::Result<Spawned> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&terminal)?;
    unlockpt(&terminal)?;
    let theirs = ioctl_tiocgptpeer(&terminal, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    resize(&terminal, size)?;
    command.stdin(theirs.try_clone()?).stdout(theirs.try_clone()?).stderr(theirs);
    let pid = pid_of(command.spawn()?.id())?;
    let terminal = File::from(terminal);
    Ok(Spawned {
        pid,
        output: vec![(Stream::Stdout, terminal.try_clone()?)],
        input: Some(terminal.try_clone()?),
        terminal: Some(terminal),
    })
}

/// Changes the size of a terminal.
pub(super) fn resize(terminal: impl std::os::fd::AsFd, Size { rows, columns }: Size) -> io::Result<()> {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(terminal, size)?)
}

fn pid_of(id: u32) -> io::Result<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("a process without a number"))
}

fn reason(error: &io::Error, file: &Path) -> NotStarted {
    match Errno::from_io_error(error) {
        Some(Errno::NOEXEC) => NotStarted::WrongFormat,
        Some(Errno::NOENT) if exists(file) => NotStarted::NoInterpreter,
        Some(Errno::NOENT) => NotStarted::NotFound,
        Some(Errno::ACCESS) => NotStarted::NotExecutable,
        _ => NotStarted::Other(error.to_string()),
    }
}

fn exists(file: &Path) -> bool {
    PathBuf::from(file).exists()
}

fn other(error: io::Error) -> NotStarted {
    NotStarted::Other(error.to_string())
}
