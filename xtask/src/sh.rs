//! Runs other programs: shows what it runs, and fails with what they said.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::{self, Output, Stdio},
};

use anyhow::{Context, Result, bail};

/// A command to run, with the arguments added one after the other.
pub(crate) struct Cmd {
    command: process::Command,
    line: String,
}

impl Cmd {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let line = program.as_ref().to_string_lossy().into_owned();
        Self { command: process::Command::new(program), line }
    }

    /// `program` with the rights of root: by itself if we are root, else through a `sudo` that asks nothing.
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

    /// Shows the command and runs it with our own streams.
    ///
    /// # Errors
    /// The program is missing or ends with another code than 0.
    pub(crate) fn run(self) -> Result<()> {
        let line = self.line.clone();
        match self.status()? {
            0 => Ok(()),
            code => bail!("`{line}` ended with code {code}"),
        }
    }

    /// Shows the command, runs it with our own streams and returns its exit code (128 + n for a signal's end).
    pub(crate) fn status(mut self) -> Result<i32> {
        eprintln!("$ {}", self.line);
        let status = self.command.status().with_context(|| format!("cannot run `{}`", self.line))?;
        Ok(status.code().unwrap_or(128))
    }

    /// Runs the command in silence and returns its stdout.
    ///
    /// # Errors
    /// The program is missing, or ends with another code than 0: its stderr is in the error.
    pub(crate) fn read(self) -> Result<String> {
        let line = self.line.clone();
        let output = self.output()?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            bail!("`{line}` failed ({})\n{}", output.status, String::from_utf8_lossy(&said).trim_end());
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not write UTF-8"))
    }

    /// Runs the command in silence and returns all it wrote, however it ended.
    pub(crate) fn output(mut self) -> Result<Output> {
        self.command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{}`", self.line))
    }

    /// Whether the command can be run and ends with 0; shows nothing.
    pub(crate) fn succeeds(self) -> bool {
        self.output().is_ok_and(|output| output.status.success())
    }

    /// The prepared command, for callers that need its pipes.
    pub(crate) fn into_inner(self) -> process::Command {
        self.command
    }
}

/// Whether `program` is found on the PATH.
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
