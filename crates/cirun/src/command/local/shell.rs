//! `--shell-on-failure`: opens a shell in a failed step, in the state that it left.

use std::sync::Arc;

use cirun_diagnostics::{Failure, with_causes};
use cirun_engine::{Backend, BackendError, FailureHook, Shell, ShellTerminal};
use cirun_runner::Backends;
use tokio::sync::{mpsc, watch};

use super::interlude::Stage;
use crate::{console, signals::Signals, terminal, terminal::Raw};

/// Number of pieces of input or output that can wait.
const PIECES: usize = 64;

/// Opens a shell in each step that fails, one by one.
pub(super) fn on_failure(stage: Stage, backends: Arc<Backends>, signals: Signals) -> mpsc::Sender<FailureHook> {
    let (sender, mut visits) = mpsc::channel::<FailureHook>(1);
    tokio::spawn(async move {
        while let Some(visit) = visits.recv().await {
            let interlude = stage.clear().await;
            console::say(&format!(
                "\n? {} failed: {}\n  a shell in the state of the step; `exit` continues the run",
                visit.step.path, visit.reason
            ));
            let opened = tokio::select! {
                opened = open(&visit, &backends, &signals) => opened,
                () = signals.stop.cancelled() => Ok(()),
            };
            if let Err(error) = opened {
                console::say(&format!("error: {}", with_causes(&error)));
            }
            drop(interlude);
        }
    });
    sender
}

/// Fails if there is no terminal for a shell.
pub(super) fn demand_terminal() -> Result<(), Failure> {
    if console::is_interactive() && terminal::IS_SUPPORTED {
        return Ok(());
    }
    Err(Failure::usage("`--shell-on-failure` needs a terminal".to_owned())
        .help("start cirun at a terminal, or use `--keep` and inspect the containers afterwards"))
}

async fn open(visit: &FailureHook, backends: &Backends, signals: &Signals) -> Result<(), BackendError> {
    match backends.shell(&visit.step)? {
        Shell::Session(open) => {
            let (typed, input) = mpsc::channel(PIECES);
            let (output, shown) = mpsc::channel(PIECES);
            let (sizes, size) = watch::channel(terminal::size());
            let failed = |source| BackendError::Io { what: "put the terminal into raw mode".to_owned(), source };
            let raw = Raw::begin().map_err(failed)?;
            let carried = terminal::carry(typed, shown, sizes);
            // The shell's last words are still to be shown when it has ended.
            let (result, ()) = tokio::join!(open(ShellTerminal { input, output, size }), carried);
            drop(raw);
            result
        }
        Shell::Program(command) => {
            let failed = |source| BackendError::Io { what: "start a shell".to_owned(), source };
            let _deaf = signals.leave_interrupts_to_others();
            tokio::process::Command::from(command).kill_on_drop(true).status().await.map(drop).map_err(failed)
        }
    }
}
