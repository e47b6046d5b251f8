//! cirun: runs the Build stage of a Harness CI pipeline on the machine in front of you.
//!
//! The binary: arguments, settings, wiring and exit codes. It holds no rule of Harness's.

mod args;
mod backend;
mod clean_clone;
mod codebase;
mod command;
mod consent;
mod console;
mod daemon;
mod diagnostics;
#[cfg(test)]
mod documentation;
mod engine;
mod environment;
mod exit;
mod front;
mod git;
mod local_store;
mod machine;
mod own_image;
mod paths;
mod project;
mod record;
mod relay;
mod repository;
mod run_id;
mod secrets;
mod session;
mod settings;
mod shell_word;
mod signals;
mod sinks;
mod terminal;

use std::process;

use args::{Args, Command, InsideCommand};
use cirun_diagnostics::Failure;
use clap::Parser;
use environment::Environment;
use exit::ExitCode;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> process::ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(shown) => {
            let code = if shown.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
            // Help and usage go to a terminal or a pipe; where that is gone there is nobody to tell.
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
        Environment::capture().map_err(|error| Failure::usage(format!("there is no current directory: {error}")))?;
    console::set_color(args.color, environment.get("NO_COLOR").is_some());
    match args.command {
        Command::Local { file, plan, run } => block_on(command::local::run(file, &plan, &run, &environment))?,
        Command::Plan { file, plan, format } => command::plan::run(file, &plan, format, &environment),
        Command::Explain { words, plan } => command::explain::run(words, &plan, &environment),
        Command::Check { files, plan, format, explain } => {
            command::check::run(files, &plan, format, explain, &environment)
        }
        Command::List { file, plan, format } => command::list::run(file, &plan, format, &environment),
        Command::Runs { format } => command::runs::run(format),
        Command::Logs { words } => command::logs::run(&words),
        Command::Report { run, html, junit } => command::report::run(run.as_deref(), html, junit),
        Command::Rerun { run, options } => block_on(command::rerun::run(run.as_deref(), *options, &environment))?,
        Command::Trust { directory, list, revoke } => command::trust::run(directory, list, revoke, &environment),
        Command::Doctor => block_on(command::doctor::run(&environment))?,
        Command::Ps => block_on(command::ps::ps(&environment))?,
        Command::Clean { dry_run, all, run } => block_on(command::ps::clean(&environment, dry_run, all, run))?,
        Command::Aws { command } => block_on(command::aws::run(command, &environment))?,
        Command::Completions { shell } => command::manual::completions(shell),
        Command::Schema => command::schema::run(),
        Command::Man { words } => command::manual::man(&words),
        Command::Inside { command } => block_on(command::inside::run(command))?,
    }
}

/// Runs a command that waits for others; those that only read files need no runtime.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("cannot start the runtime", error))?;
    Ok(runtime.block_on(work))
}
