//! A cirun that runs while the test continues.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Output},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{CommandOutput, filters::Filters};

/// The timeout of everything that a test waits for; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running cirun; it is killed if the test fails.
#[derive(Debug)]
pub(crate) struct Running {
    child: Option<Child>,
    stdout: PathBuf,
    stderr: PathBuf,
    filters: Filters,
}

impl Running {
    /// Starts the command; its output goes to files in `directory`, so that it can be read meanwhile.
    pub(super) fn start(mut command: Command, directory: &Path, filters: Filters) -> Self {
        let (stdout, stderr) = (directory.join("stdout"), directory.join("stderr"));
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        Self { child: Some(command.spawn().unwrap()), stdout, stderr, filters }
    }

    /// Whether it has printed `text` on standard error.
    pub(crate) fn said(&self, text: &str) -> bool {
        self.stderr().contains(text)
    }

    /// Its standard error so far.
    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    /// Its standard output so far.
    pub(crate) fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("it runs until `wait`");
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn wait(mut self) -> CommandOutput {
        let mut child = self.child.take().expect("it runs until `wait`");
        let status = child.wait().unwrap();
        let output =
            Output { status, stdout: fs::read(&self.stdout).unwrap(), stderr: fs::read(&self.stderr).unwrap() };
        CommandOutput::new(output, self.filters.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Waits until `condition` is true.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
