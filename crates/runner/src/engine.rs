//! Finds the container engine by the environment.

use std::path::PathBuf;

use cirun_diagnostics::Failure;
use cirun_docker_executor::{ConnectOptions, DockerConfig, Engine, HostOs, connect};
use cirun_project::{Environment, Paths};

/// Connects to the engine of this environment.
///
/// # Errors
/// No engine answers.
#[tracing::instrument(name = "find the engine", level = "debug", skip_all)]
pub async fn find(environment: &Environment, paths: &Paths) -> Result<Engine, Failure> {
    Ok(connect(&options(environment, paths)).await?)
}

/// Whether the engine's socket is probably on this machine. Does not connect.
pub fn is_socket_here(environment: &Environment, paths: &Paths) -> bool {
    cirun_docker_executor::is_socket_here(&options(environment, paths))
}

fn options(environment: &Environment, paths: &Paths) -> ConnectOptions {
    let variable = |name: &str| environment.get(name).map(str::to_owned);
    let config_dir = config_dir(environment, paths);
    ConnectOptions {
        docker_host: variable("DOCKER_HOST"),
        docker_context: variable("DOCKER_CONTEXT"),
        tls: variable("DOCKER_TLS_VERIFY")
            .map(|_| variable("DOCKER_CERT_PATH").map_or_else(|| config_dir.clone(), Into::into)),
        config_dir: Some(config_dir),
        home: Some(paths.home.clone()),
        runtime_dir: variable("XDG_RUNTIME_DIR").map(Into::into),
        host_os: HostOs::current(),
    }
}

/// The user's registry logins, from Docker's configuration.
///
/// # Errors
/// The configuration file is invalid.
pub fn logins(environment: &Environment, paths: &Paths) -> Result<DockerConfig, Failure> {
    Ok(DockerConfig::load(&config_dir(environment, paths))?)
}

fn config_dir(environment: &Environment, paths: &Paths) -> PathBuf {
    environment.get("DOCKER_CONFIG").map_or_else(|| paths.home.join(".docker"), Into::into)
}
