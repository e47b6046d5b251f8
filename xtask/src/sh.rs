//! Runs other programs: prints the command, and fails with the program's output.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::{self, Output, Stdio},
};

use anyhow::{Context, Result, bail};

/// A command to run, to which arguments can be added.
pub(crate) struct Cmd {
    command: process::Command,
    line: String,
}

impl Cmd {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let line = program.as_ref().to_string_lossy().into_owned();
        Self { command: process::Command::new(program), line }
    }

    /// `program` as root: directly if this process is root, otherwise through `sudo` without a prompt.
    pub(crate) fn as_root(program: &str) -> Self {
        if is_root() { Self::new(program) } else { Self::new("sudo").args(["-n", program]) }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.line.push(' ');
        self.line.push_str(&quoted(&arg.as_ref().to_string_lossy()));
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Prints the command and runs it with this process's streams.
    ///
    /// # Errors
    /// The program is missing or exits with another code than 0.
    pub(crate) fn run(self) -> Result<()> {
        let line = self.line.clone();
        match self.status()? {
            0 => Ok(()),
            code => bail!("`{line}` ended with code {code}"),
        }
    }

    /// Prints the command, runs it with this process's streams and returns its exit code (128 + n for a signal).
    pub(crate) fn status(mut self) -> Result<i32> {
        eprintln!("$ {}", self.line);
        let status = self.command.status().with_context(|| format!("cannot run `{}`", self.line))?;
        Ok(status.code().unwrap_or(128))
    }

    /// Runs the command silently and returns its stdout.
    ///
    /// # Errors
    /// The program is missing, or exits with another code than 0: the error has its stderr.
    pub(crate) fn read(self) -> Result<String> {
        let line = self.line.clone();
        let output = self.output()?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            bail!("`{line}` failed ({})\n{}", output.status, String::from_utf8_lossy(&said).trim_end());
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not write UTF-8"))
    }

    /// Runs the command silently and returns its whole output, whatever its exit code.
    pub(crate) fn output(mut self) -> Result<Output> {
        self.command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{}`", self.line))
    }

    /// Whether the command can be run and exits with 0; prints nothing.
    pub(crate) fn succeeds(self) -> bool {
        self.output().is_ok_and(|output| output.status.success())
    }

    /// The prepared command, for callers that need its pipes.
    pub(crate) fn into_inner(self) -> process::Command {
        self.command
    }
}

/// Whether `program` is on the PATH.
pub(crate) fn installed(program: &str) -> bool {
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    Cmd::new("id").arg("-u").read().is_ok_and(|id| id.trim() == "0")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}
