//! cirun at a terminal of its own, with a user who reads and types.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running cirun and its terminal; it ends with the test.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    shown: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Starts `command` at a terminal of 80 columns.
    pub(crate) fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize { ws_row: 50, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let screen = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        command.stdin(screen.try_clone().unwrap()).stdout(screen.try_clone().unwrap()).stderr(screen);
        let child = command.spawn().unwrap();
        // The command keeps the screen open, so its end would not be seen.
        drop(command);
        let (keyboard, shown) = (File::from(master), Arc::<Mutex<String>>::default());
        let (mut output, seen) = (keyboard.try_clone().unwrap(), Arc::clone(&shown));
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The terminal of a program that has ended returns an error.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                seen.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, keyboard, shown, reader: Some(reader) }
    }

    /// Waits until `text` is on the screen.
    pub(crate) fn shows(self, text: &str) -> Self {
        let deadline = Instant::now() + PATIENCE;
        while !self.shown.lock().unwrap().contains(text) {
            assert!(Instant::now() < deadline, "{text:?} is not shown:\n{}", self.shown.lock().unwrap());
            thread::sleep(Duration::from_millis(10));
        }
        self
    }

    /// Types a line.
    pub(crate) fn types(mut self, line: &str) -> Self {
        writeln!(self.keyboard, "{line}").unwrap();
        self
    }

    /// Waits for the end, and returns the exit code and the whole output.
    pub(crate) fn ends(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        self.reader.take().map(JoinHandle::join).transpose().unwrap();
        let shown = self.shown.lock().unwrap().replace('\r', "");
        (code, shown)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended needs no killing.
        drop(self.child.kill());
    }
}
