//! Unix: termios, SIGWINCH.

use std::{
    convert::Infallible,
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

/// Whether shells can be opened at this terminal.
pub(crate) const IS_SUPPORTED: bool = true;

/// How often it is looked whether anybody still wants to know what is typed.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// Where nothing tells of a change of size, it is looked at this often.
const RESIZE_LOOK: Duration = Duration::from_secs(1);

/// The terminal hands on every key, Ctrl-C too, until this is dropped.
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
        // A terminal that has gone needs no restoring.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
}

/// Rows and columns.
pub(crate) fn size() -> (u16, u16) {
    tcgetwinsize(io::stderr()).map_or((24, 80), |size| (size.ws_row, size.ws_col))
}

/// Carries keys and changes of size out and what is to be shown in, for as long as it is polled.
pub(crate) async fn carry(
    typed: mpsc::Sender<Bytes>,
    mut shown: mpsc::Receiver<Bytes>,
    sizes: watch::Sender<(u16, u16)>,
) -> Infallible {
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
            Some(bytes) = shown.recv() => {
                let mut stderr = io::stderr().lock();
                drop(stderr.write_all(&bytes).and_then(|()| stderr.flush()));
            }
            () = change => drop(sizes.send(size())),
        }
    }
}

/// Reads until nobody takes the keys any more.
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
