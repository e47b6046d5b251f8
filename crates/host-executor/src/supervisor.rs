//! The supervisor: the process between cirun and a step.
//!
//! It never prints: its output streams belong to the step.

#[cfg(target_os = "linux")]
#[path = "supervisor/linux.rs"]
mod family;
#[cfg(not(target_os = "linux"))]
#[path = "supervisor/portable.rs"]
mod family;

use std::{
    ffi::OsString,
    io::{Read, Write},
    os::{
        fd::AsFd,
        unix::{net::UnixStream, process::CommandExt},
    },
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, setsid};

use self::family::Family;
use crate::protocol::{Order, Report};

/// The exit code if the supervisor itself failed, before or during the step.
const FAILED: u8 = 70;
/// The pause between two rounds of killing, doubled each time: processes that one round orphaned are found by the next
/// one, and those of another user (sudo) stay after every round.
const NEXT_ROUND: Duration = Duration::from_millis(5);
/// The longest pause.
const LAST_ROUNDS: Duration = Duration::from_secs(1);

/// Runs `argv` as a step and returns when nothing of it is left. The exit code shows only whether the supervisor worked: the
/// step's own exit is reported through the socket on the standard input. The caller must not have started a thread.
pub fn supervisor_main(argv: impl IntoIterator<Item = impl Into<OsString>>) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().map(Into::into).collect();
    let Ok(control) = std::io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from) else { return FAILED };
    // A new session protects the step from Ctrl-C in cirun's terminal, and the terminal from the step: a prompt for a
    // password fails, as it would in CI. It is refused only to the leader of a group, which a started program is not.
    if setsid().is_err() {
        return FAILED;
    }
    match run(&argv, &control) {
        Ok(()) => 0,
        Err(_) => FAILED,
    }
}

fn run(argv: &[OsString], control: &UnixStream) -> std::io::Result<()> {
    let report = |report: Report| {
        // If cirun is gone, the reading thread notices it and ends the step.
        drop((&*control).write_all(report.encode().as_bytes()));
    };
    let Some((program, arguments)) = argv.split_first() else {
        report(Report::Failed(0));
        return Ok(());
    };
    family::prepare()?;
    let child = match Command::new(program).args(arguments).stdin(Stdio::null()).process_group(0).spawn() {
        Ok(child) => child,
        Err(error) => {
            report(Report::Failed(error.raw_os_error().unwrap_or(0)));
            return Ok(());
        }
    };
    let leader = Pid::from_child(&child);
    report(Report::Started(leader.as_raw_pid()));
    let family = Arc::new(Family::new(leader));
    let orders = control.try_clone()?;
    let obeying = Arc::clone(&family);
    let reader = thread::Builder::new().name("orders".to_owned()).spawn(move || obey(orders, &obeying))?;
    report(family.wait_for_leader()?);
    family.wait_for_others(reader)
}

/// Carries out orders; never returns after an order to kill, which ends this process.
fn obey(mut orders: UnixStream, family: &Family) {
    let mut byte = [0];
    loop {
        let order = match orders.read(&mut byte) {
            Ok(1..) => Order::decode(byte[0]),
            Ok(0) => Order::Kill,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => Order::Kill,
        };
        match order {
            Order::Terminate => {
                family.signal(Signal::TERM);
            }
            Order::Kill => break,
        }
    }
    let mut pause = NEXT_ROUND;
    while family.signal(Signal::KILL) == Left::Some {
        thread::sleep(pause);
        pause = (pause * 2).min(LAST_ROUNDS);
    }
}

/// Whether processes of the step were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// At least one.
    Some,
    /// None.
    None,
}
