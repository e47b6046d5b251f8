//! What each order does.

use std::time::{Duration, Instant};

use super::{Gate, files, running::Running, sockets::Watch};
use crate::protocol::{Order, Report};

impl Gate {
    pub(super) fn obey(&mut self, order: Order) {
        match order {
            Order::Run { command, program, alone } => match Running::start(&program, alone) {
                Ok(running) => {
                    self.commands.insert(command, running);
                    self.outbox.send(&Report::Started { command });
                }
                Err(reason) => self.outbox.send(&Report::NotStarted { command, reason }),
            },
            Order::Input { command, bytes } => self.with(command, |running| running.input(&bytes)),
            Order::InputEnd { command } => self.with(command, Running::end_input),
            Order::Ack { command, bytes } => self.with(command, |running| running.acknowledge(bytes)),
            Order::Stop { command, signal, grace } => {
                let kill_at = Instant::now() + Duration::from_millis(u64::from(grace));
                self.with(command, |running| running.stop(signal, kill_at));
            }
            Order::Resize { command, size } => self.with(command, |running| running.resize(size)),
            Order::ReadFile { request, directory, path, limit } => {
                let result = files::read(&directory, &path, limit);
                self.outbox.send(&Report::File { request, result });
            }
            Order::WriteFile { request, directory, path, mode, content } => {
                let result = files::write(&directory, &path, mode, &content);
                self.outbox.send(&Report::Written { request, result });
            }
            Order::Watch { request } => drop(self.watches.insert(request, Watch::new(Instant::now()))),
            Order::Unwatch { request } => drop(self.watches.remove(&request)),
            Order::End => {
                self.commands.clear();
                self.ending = true;
            }
        }
    }

    /// A command that has ended meanwhile takes no orders.
    fn with(&mut self, command: crate::protocol::CommandId, act: impl FnOnce(&mut Running)) {
        if let Some(running) = self.commands.get_mut(&command) {
            act(running);
        }
    }
}
