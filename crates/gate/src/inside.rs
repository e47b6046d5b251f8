//! The program: one thread that waits for orders, output, signals and time.
//!
//! As the first process of a container it reaps the processes that lose their parents, and forwards signals to its
//! commands. It never blocks on its executor: output stays in the pipes of a command until it can be sent.

mod environment;
mod files;
mod launch;
mod lookup;
mod orders;
mod outbox;
mod processes;
mod running;
mod signals;
mod sockets;
mod spawn;

use std::{
    collections::BTreeMap,
    env, io,
    os::fd::{AsFd, BorrowedFd},
    process::ExitCode,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use self::{outbox::Outbox, running::Running, signals::Signals, sockets::Watch};
use crate::protocol::{CommandId, Decoder, ProtocolError, Report, RequestId, VERSION};

/// The number of bytes to read at once.
const PIECE: usize = 64 << 10;

/// How often sockets are looked at while they are watched.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Runs the gate on standard input and output, until its input ends. Its exit code is that of its last command that ran
/// alone.
pub fn main() -> ExitCode {
    let mut words = env::args_os().skip(1);
    if words.next().is_some_and(|word| word == launch::WORD) {
        return launch::main(words);
    }
    match Gate::new().and_then(Gate::run) {
        Ok(code) => code,
        // The stream is gone or broken: there is no one to report to.
        Err(_) => ExitCode::FAILURE,
    }
}

/// The state of the program.
struct Gate {
    orders: Decoder,
    outbox: Outbox,
    signals: Signals,
    commands: BTreeMap<CommandId, Running>,
    watches: BTreeMap<RequestId, Watch>,
    /// Set when the gate has been asked to end, by the end of its orders or by a signal.
    ending: bool,
    code: u8,
}

/// A file that is waited for.
enum Source {
    Orders,
    Reports,
    Signals,
    Output(CommandId, usize),
    Input(CommandId),
}

impl Gate {
    fn new() -> io::Result<Self> {
        processes::adopt_orphans()?;
        let mut gate = Self {
            orders: Decoder::default(),
            outbox: Outbox::new()?,
            signals: Signals::new()?,
            commands: BTreeMap::new(),
            watches: BTreeMap::new(),
            ending: false,
            code: 0,
        };
        gate.outbox.send(&Report::Hello { version: VERSION });
        Ok(gate)
    }

    fn run(mut self) -> io::Result<ExitCode> {
        loop {
            if self.ending && self.commands.is_empty() {
                processes::kill_others();
                self.outbox.flush()?;
                return Ok(ExitCode::from(self.code));
            }
            for source in self.wait()? {
                match source {
                    Source::Orders => self.take_orders()?,
                    Source::Reports => self.outbox.flush()?,
                    Source::Signals => self.take_signals(),
                    Source::Output(command, stream) => self.take_output(command, stream),
                    Source::Input(command) => {
                        if let Some(running) = self.commands.get_mut(&command) {
                            running.write_input();
                        }
                    }
                }
            }
            self.pass_time();
        }
    }

    /// Waits until a file is ready, or for the next point in time.
    fn wait(&self) -> io::Result<Vec<Source>> {
        let stdin = io::stdin();
        let mut waiting: Vec<(Source, BorrowedFd<'_>, PollFlags)> = vec![
            (Source::Orders, stdin.as_fd(), PollFlags::IN),
            (Source::Signals, self.signals.as_fd(), PollFlags::IN),
        ];
        if let Some(stdout) = self.outbox.waiting() {
            waiting.push((Source::Reports, stdout, PollFlags::OUT));
        }
        for (&id, running) in &self.commands {
            if self.outbox.has_room() && running.may_send() {
                let streams = running.streams().map(|(index, fd)| (Source::Output(id, index), fd, PollFlags::IN));
                waiting.extend(streams);
            }
            waiting.extend(running.pending_input().map(|fd| (Source::Input(id), fd, PollFlags::OUT)));
        }
        let mut polled: Vec<PollFd<'_>> =
            waiting.iter().map(|(_, fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)).collect();
        let timeout = self.next_time().map(|at| until(at, Instant::now()));
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        Ok(waiting.into_iter().zip(ready).filter(|(_, ready)| *ready).map(|((source, ..), _)| source).collect())
    }

    fn next_time(&self) -> Option<Instant> {
        let commands = self.commands.values().filter_map(Running::next_time);
        let watches = self.watches.values().map(|watch| watch.again);
        commands.chain(watches).min()
    }

    fn take_orders(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let length = match rustix::io::read(io::stdin(), &mut piece) {
            Ok(length) => length,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if length == 0 {
            // The executor has gone: nothing of it may stay.
            self.commands.clear();
            self.ending = true;
            return Ok(());
        }
        self.orders.push(&piece[..length]);
        loop {
            match self.orders.next() {
                Ok(Some(order)) => self.obey(order),
                Ok(None) => return Ok(()),
                Err(error) => return Err(broken(&error)),
            }
        }
    }

    fn take_signals(&mut self) {
        for signal in self.signals.take() {
            self.commands.values().for_each(|running| running.signal(signal));
            self.ending = self.ending || signals::ends(signal);
        }
        for (pid, end) in processes::reap() {
            if let Some(running) = self.commands.values_mut().find(|running| running.is(pid)) {
                running.ended(end);
            }
        }
    }

    fn take_output(&mut self, command: CommandId, stream: usize) {
        let Some(running) = self.commands.get_mut(&command) else { return };
        if let Some((stream, bytes)) = running.read(stream) {
            self.outbox.send(&Report::Output { command, stream, bytes });
        }
    }

    /// Does what is due, and reports commands that have ended.
    fn pass_time(&mut self) {
        let now = Instant::now();
        let room = self.outbox.has_room();
        let mut ended = Vec::new();
        for (&command, running) in &mut self.commands {
            if let Some((end, oom_killed)) = running.pass_time(now, room) {
                ended.push(command);
                if running.alone {
                    self.code = u8::try_from(end.code()).unwrap_or(u8::MAX);
                }
                self.outbox.send(&Report::Ended { command, end, oom_killed });
            }
        }
        ended.iter().for_each(|command| drop(self.commands.remove(command)));
        for (&request, watch) in self.watches.iter_mut().filter(|(_, watch)| watch.again <= now) {
            if let Some(sockets) = watch.look(now + LOOK_AGAIN) {
                self.outbox.send(&Report::Listening { request, sockets });
            }
        }
    }
}

fn broken(error: &ProtocolError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

fn until(at: Instant, now: Instant) -> Timespec {
    // Rounded up: a wait that ends too early would be repeated at once.
    let rest = at.saturating_duration_since(now) + Duration::from_micros(100);
    Timespec { tv_sec: i64::try_from(rest.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(rest.subsec_nanos()) }
}
