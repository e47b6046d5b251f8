//! `cirun aws`: the emulated AWS by itself, for integration tests, and tools for its logs and data.

mod gc;
mod policy;
mod serve;
mod token;

use cirun_diagnostics::Failure;
use cirun_project::Context;
pub(crate) use gc::inside as collect_inside;

use crate::{args::AwsCommand, exit::ExitCode};

/// Runs a subcommand.
pub(crate) async fn run(command: AwsCommand, context: Context<'_>) -> Result<ExitCode, Failure> {
    match command {
        AwsCommand::Serve(options) => serve::run(*options, context).await,
        AwsCommand::Token(options) => token::run(&options, context),
        AwsCommand::Policy { run, request_log } => policy::run(run.as_deref(), request_log, context),
        AwsCommand::Gc { data: Some(data), options } => gc::directory(&data, &options).await,
        AwsCommand::Gc { data: None, options } => gc::machine(&options, context).await,
    }
}
