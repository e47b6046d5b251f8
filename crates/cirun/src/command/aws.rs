//! `cirun aws`: the emulated AWS alone, for other people's integration tests, and what runs left of theirs.

mod gc;
mod policy;
mod serve;
mod token;

pub(crate) use gc::inside as collect_inside;

use crate::{args::AwsCommand, environment::Environment, error::CliError, exit::ExitCode};

/// Serves until interrupted.
pub(crate) async fn run(command: AwsCommand) -> Result<ExitCode, CliError> {
    let AwsCommand::Serve { listen, data, create_repository } = command;
    let temporary = match &data {
        Some(_) => None,
        None => Some(scratch()?),
    };
    let directory = data.or_else(|| temporary.clone()).unwrap_or_default();
    let signals = Signals::listen().map_err(|error| CliError::io("cannot listen to signals", &error))?;
    let config = Config {
        listen: Listen { http: Some(listen), ..Listen::default() },
        create_on_push: create_repository,
        plain_http: PlainHttp { write: true, create_on_push: create_repository },
        ..Config::new(&directory)
    };
    let server = cirun_aws_emulator::serve(config).await.map_err(|error| CliError::aws(&error))?;
    let address = server.http.unwrap_or(listen);
    let lines = [
        format!("export AWS_ENDPOINT_URL=http://{address}"),
        "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE".to_owned(),
        "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        "export AWS_REGION=us-east-1".to_owned(),
    ];
    console::data(&format!("{}\n", lines.join("\n")))
        .map_err(|error| CliError::io("cannot write to stdout", &error))?;
    console::say(&format!("emulated AWS (STS, ECR, registry) on http://{address}; images in {}", directory.display()));
    signals.stop.cancelled().await;
    server.shutdown(SHUTDOWN).await;
    if let Some(directory) = temporary {
        std::fs::remove_dir_all(&directory).map_err(|error| CliError::io(directory.display(), &error))?;
    }
}
