//! Unix: termios, SIGWINCH.

use std::{
    io::{self, Write},
    time::Duration,
};

use bytes::Bytes;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    task,
};

/// Whether shells can be opened on this system.
pub(crate) const IS_SUPPORTED: bool = true;

/// The interval for checks that the keys are still wanted.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// The interval for checks of the size, if there is no signal for its changes.
const RESIZE_LOOK: Duration = Duration::from_secs(1);

/// The terminal is raw until this is dropped: the program gets every key, even Ctrl-C.
#[derive(Debug)]
pub(crate) struct Raw(Termios);

impl Raw {
    /// # Errors
    /// stdin is no terminal.
    pub(crate) fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Fails only if the terminal is gone.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
}

/// The number of rows and columns.
pub(crate) fn size() -> (u16, u16) {
    tcgetwinsize(io::stderr()).map_or((24, 80), |size| (size.ws_row, size.ws_col))
}

/// Sends keys to `typed` and changes of the size to `sizes`, and prints what comes from `shown`, until the
/// sender of `shown` is gone and all is printed.
pub(crate) async fn carry(
    typed: mpsc::Sender<Bytes>,
    mut shown: mpsc::Receiver<Bytes>,
    sizes: watch::Sender<(u16, u16)>,
) {
    task::spawn_blocking(move || read_keys(&typed));
    let mut changed = signal(SignalKind::window_change()).ok();
    loop {
        let change = async {
            match &mut changed {
                Some(changed) => drop(changed.recv().await),
                None => tokio::time::sleep(RESIZE_LOOK).await,
            }
        };
        tokio::select! {
            bytes = shown.recv() => {
                let Some(bytes) = bytes else { return };
                let mut stderr = io::stderr().lock();
                drop(stderr.write_all(&bytes).and_then(|()| stderr.flush()));
            }
            () = change => drop(sizes.send(size())),
        }
    }
}

/// Reads keys until the receiver is closed.
fn read_keys(typed: &mpsc::Sender<Bytes>) {
    let stdin = io::stdin();
    let mut bytes = [0; 1024];
    while !typed.is_closed() {
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&LOOK)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(_) => return,
        }
        match rustix::io::read(&stdin, &mut bytes) {
            Ok(count @ 1..) if typed.blocking_send(Bytes::copy_from_slice(&bytes[..count])).is_ok() => {}
            Ok(_) | Err(_) => return,
        }
    }
}
