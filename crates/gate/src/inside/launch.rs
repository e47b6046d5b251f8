//! The gate as a launcher: `cirun-gate launch SETTINGS PROGRAM ARGUMENTS` sets what only the new process itself can set,
//! and becomes the program. Its standard error is the command's.

use std::{
    env::ArgsOs,
    ffi::{OsStr, OsString},
    io::{self, Write},
    iter::Skip,
    os::unix::{ffi::OsStrExt, process::CommandExt},
    process::{Command, ExitCode},
};

use rustix::{
    fs::Mode,
    process::{Resource as Kernel, Rlimit, ioctl_tiocsctty, setrlimit, setsid, umask},
};

use crate::protocol::{Limit, Program, Resource};

/// The first word of a launcher's arguments.
pub(super) const WORD: &str = "launch";

/// A shell's exit code for a program that cannot be executed.
const NOT_EXECUTED: u8 = 126;

/// The settings of a program that a launcher makes, as one word; `None` if it needs none.
pub(super) fn settings(program: &Program) -> Option<String> {
    let mut settings = Vec::new();
    if program.terminal.is_some() {
        settings.push("terminal".to_owned());
    }
    settings.extend(program.limits.iter().map(|limit| {
        let Limit { resource, soft, hard } = limit;
        format!("limit={}:{soft}:{hard}", *resource as u8)
    }));
    settings.extend(program.umask.map(|mask| format!("umask={mask}")));
    // Last: another user may not do the rest.
    settings.extend(program.user.map(|user| format!("user={}:{}", user.uid, user.gid)));
    (!settings.is_empty()).then(|| settings.join(","))
}

/// Runs as a launcher; the arguments are the settings, the program's file, and its words.
pub(super) fn main(mut words: Skip<ArgsOs>) -> ExitCode {
    let (Some(settings), Some(file), Some(name)) = (words.next(), words.next(), words.next()) else {
        return ExitCode::from(NOT_EXECUTED);
    };
    let mut command = Command::new(&file);
    command.arg0(&name).args(words);
    let error = match apply(&settings, &mut command) {
        Ok(()) => command.exec(),
        Err(error) => error,
    };
    report(&name, &error);
    ExitCode::from(NOT_EXECUTED)
}

fn report(name: &OsString, error: &io::Error) {
    // Without a standard error there is no one to report to.
    drop(writeln!(io::stderr(), "{}: {error}", name.display()));
}

fn apply(settings: &OsStr, command: &mut Command) -> io::Result<()> {
    let text = std::str::from_utf8(settings.as_bytes()).map_err(io::Error::other)?;
    for setting in text.split(',') {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        let numbers = value.split(':').filter(|text| !text.is_empty()).map(str::parse);
        let numbers: Vec<u64> = numbers.collect::<Result<_, _>>().map_err(io::Error::other)?;
        let short = |number: u64| u32::try_from(number).map_err(io::Error::other);
        match (name, &numbers[..]) {
            ("terminal", []) => {
                setsid()?;
                ioctl_tiocsctty(io::stdin())?;
            }
            ("limit", &[resource, soft, hard]) => {
                let limit = |number: u64| (number != u64::MAX).then_some(number);
                let known = usize::try_from(resource).ok().and_then(|index| Resource::ALL.get(index));
                let known = known.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
                setrlimit(kernels(*known), Rlimit { current: limit(soft), maximum: limit(hard) })?;
            }
            ("umask", &[mask]) => drop(umask(Mode::from_bits_truncate(short(mask)?))),
            ("user", &[uid, gid]) => drop(command.gid(short(gid)?).uid(short(uid)?)),
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
    }
    Ok(())
}

fn kernels(resource: Resource) -> Kernel {
    match resource {
        Resource::Core => Kernel::Core,
        Resource::Files => Kernel::Nofile,
        Resource::LockedMemory => Kernel::Memlock,
        Resource::Processes => Kernel::Nproc,
        Resource::Stack => Kernel::Stack,
    }
}
