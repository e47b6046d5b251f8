//! A shell in the container of a step that has failed, beside nothing: the step's command has ended.

use bytes::Bytes;
use cirun_engine::{BackendError, ShellTerminal};
use cirun_gate::protocol::{Order, Program, Report, Size};

use super::{argv::program, link::Link};
use crate::shell::SHELL;

/// Transfers input and output until the shell ends. The inner error is a shell that cannot start, as text to print.
pub(crate) async fn talk(
    link: &mut Link,
    env: &[(String, String)],
    mut terminal: ShellTerminal,
) -> Result<Result<(), &'static str>, BackendError> {
    let command = link.new_command();
    let size = |(rows, columns): (u16, u16)| Size { rows, columns };
    let first = size(*terminal.size.borrow());
    let mut program = Program { terminal: Some(first), ..program(&SHELL.map(str::to_owned), env) };
    if !env.iter().any(|(name, _)| name == "TERM") {
        // As an engine does for a terminal.
        program.env.push((b"TERM".to_vec(), b"xterm".to_vec()));
    }
    link.orders.send(&Order::Run { command, program, alone: false }).await?;
    loop {
        tokio::select! {
            report = link.reports.next() => match report? {
                None | Some(Report::Ended { .. }) => return Ok(Ok(())),
                Some(Report::NotStarted { .. }) => return Ok(Err("its image has no `/bin/sh`")),
                Some(Report::Output { bytes, .. }) => {
                    let length = bytes.len() as u64;
                    if terminal.output.send(Bytes::from(bytes)).await.is_err() {
                        return Ok(Ok(()));
                    }
                    link.orders.send(&Order::Ack { command, bytes: length }).await?;
                }
                Some(_) => {}
            },
            typed = terminal.input.recv() => match typed {
                Some(bytes) => link.orders.send(&Order::Input { command, bytes: bytes.to_vec() }).await?,
                None => return Ok(Ok(())),
            },
            Ok(()) = terminal.size.changed() => {
                let size = size(*terminal.size.borrow_and_update());
                link.orders.send(&Order::Resize { command, size }).await?;
            }
        }
    }
}
