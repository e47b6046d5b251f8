//! `cirun aws`: the emulated AWS alone, for other people's integration tests, and what runs left of theirs.

mod gc;
mod policy;
mod serve;
mod token;

use cirun_diagnostics::Failure;
pub(crate) use gc::inside as collect_inside;

use crate::{args::AwsCommand, environment::Environment, exit::ExitCode};

/// Does one of the commands.
pub(crate) async fn run(command: AwsCommand, environment: &Environment) -> Result<ExitCode, Failure> {
    match command {
        AwsCommand::Serve(options) => serve::run(*options, environment).await,
        AwsCommand::Token(options) => token::run(&options),
        AwsCommand::Policy { run, request_log } => policy::run(run.as_deref(), request_log),
        AwsCommand::Gc { data: Some(data), options } => gc::directory(&data, &options).await,
        AwsCommand::Gc { data: None, options } => gc::machine(&options, environment).await,
    }
}
