//! `cirun __inside …`: the programs that cirun runs in its own containers.

use cirun_diagnostics::Failure;
use cirun_project::Environment;
use cirun_runner::inside::{Inside, StoreOrders, store};

use crate::{args::InsideCommand, command::aws, console, exit::ExitCode, signals::Signals};

/// Runs a program.
pub(crate) async fn run(command: InsideCommand, environment: &Environment) -> Result<ExitCode, Failure> {
    match command {
        InsideCommand::Store { program, list, caches, artifacts, workspace } => {
            store(program, StoreOrders { list, caches, artifacts, workspace }, environment, &console::data)?;
        }
        InsideCommand::Gc { data, options } => return aws::collect_inside(&data, &options).await,
        InsideCommand::Watch => inside()?.watch().await?,
        InsideCommand::Pause { relays } => inside()?.pause(relays).await?,
        InsideCommand::Supervisor { .. } => inside()?.pause(Vec::new()).await?,
        InsideCommand::Registry { data, port } => inside()?.registry(data, port).await?,
        InsideCommand::Emulator { config } => inside()?.emulator(&config).await?,
    }
    Ok(ExitCode::Success)
}

/// For programs that run until a signal.
fn inside() -> Result<Inside<'static>, Failure> {
    let signals = Signals::listen().map_err(|error| Failure::io("cannot listen to signals", error))?;
    Ok(Inside { stop: signals.stop, print: &console::data })
}
