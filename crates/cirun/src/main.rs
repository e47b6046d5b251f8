//! cirun runs the Build stage of a Harness CI pipeline on your machine.
//!
//! The binary has the arguments, the commands, the console and the exit codes. The libraries have the rules of Harness.

mod args;
mod command;
mod compile;
mod console;
mod diagnostics;
mod environment;
mod exit;
mod signals;
mod sinks;
mod terminal;

use std::process;

use args::{Args, Command, InsideCommand, MachineCommand};
use cirun_diagnostics::Failure;
use cirun_project::Context;
use cirun_runner::LocalMachine;
use clap::Parser;
use console::Terminal;
use exit::ExitCode;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> process::ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(shown) => {
            let code = if shown.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
            // If the terminal or pipe is closed, help and usage errors cannot be shown.
            drop(shown.print());
            return code.into();
        }
    };
    // The supervisor watches over a process group and must be alone in its process: no runtime, no threads.
    if let Command::Inside { command: InsideCommand::Supervisor { words } } = args.command {
        return cirun_host_executor::supervisor_main(words).into();
    }
    match run(args) {
        Ok(code) => code.into(),
        Err(error) => {
            console::fail(&error);
            ExitCode::from(error.kind()).into()
        }
    }
}

fn run(args: Args) -> Result<ExitCode, Failure> {
    let environment =
        environment::capture().map_err(|error| Failure::usage(format!("there is no current directory: {error}")))?;
    let _written_at_the_end = args.trace.as_deref().map(cirun_runner::trace::start).transpose()?;
    console::set_color(args.color, environment.get("NO_COLOR").is_some());
    let command = match args.command {
        Command::OnMachine(command) => command,
        Command::Completions { shell } => return command::manual::completions(shell),
        Command::Schema => return command::schema::run(),
        Command::Man { words } => return command::manual::man(&words),
        Command::Inside { command } => return block_on(command::inside::run(command, &environment))?,
    };
    let machine = LocalMachine { environment, paths: environment::paths()? };
    on_machine(command, machine.context(&Terminal))
}

fn on_machine(command: MachineCommand, context: Context<'_>) -> Result<ExitCode, Failure> {
    match command {
        MachineCommand::Local { file, plan, run } => block_on(command::local::run(file, &plan, &run, context))?,
        MachineCommand::Plan { file, plan, format } => command::plan::run(file, &plan, format, context),
        MachineCommand::Explain { words, plan } => command::explain::run(words, &plan, context),
        MachineCommand::Check { files, plan, format, explain } => {
            command::check::run(files, &plan, format, explain, context)
        }
        MachineCommand::List { file, plan, format } => command::list::run(file, &plan, format, context),
        MachineCommand::Runs { format } => command::runs::run(format, context),
        MachineCommand::Logs { words } => command::logs::run(&words, context),
        MachineCommand::Report { run, reports } => command::report::run(run.as_deref(), reports, context),
        MachineCommand::Rerun { run, options } => block_on(command::rerun::run(run.as_deref(), *options, context))?,
        MachineCommand::Trust { directory, list, revoke } => command::trust::run(directory, list, revoke, context),
        MachineCommand::Doctor => block_on(command::doctor::run(context))?,
        MachineCommand::Ps => block_on(command::ps::ps(context))?,
        MachineCommand::Clean { dry_run, all, run } => block_on(command::ps::clean(context, dry_run, all, run))?,
        MachineCommand::Aws { command } => block_on(command::aws::run(command, context))?,
    }
}

/// Runs an asynchronous command. Commands that only read files need no runtime.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("cannot start the runtime", error))?;
    Ok(runtime.block_on(work))
}
