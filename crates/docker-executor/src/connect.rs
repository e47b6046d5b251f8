//! Finds the engine: takes the first candidate that responds.

mod candidates;
mod context;

use std::{path::Path, time::Duration};

use bollard::{API_DEFAULT_VERSION, Docker, errors::Error};
pub use candidates::{Candidate, ConnectOptions, HostOs, candidates};
use cirun_engine::BackendError;

use crate::{Engine, engine::socket_here, error::explain};

/// A running engine answers `GET /version` in milliseconds; a virtual machine that is waking up needs longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Seconds until the client gives up on the first byte of a response. Starting a container on a busy machine takes
/// long.
const REQUEST_TIMEOUT_S: u64 = 300;

/// Why a candidate is not the engine.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("no such socket")]
    NoSocket,
    #[error("no answer within {} s", ANSWER_WITHIN.as_secs())]
    NoAnswer,
    #[error(
        "ssh is not supported: forward the socket (`ssh -L /tmp/engine.sock:/var/run/docker.sock HOST`) and set \
         DOCKER_HOST=unix:///tmp/engine.sock"
    )]
    Ssh,
    #[error("no certificates are set: set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH")]
    NoCertificates,
    #[error("{}", explain(.0))]
    Engine(#[from] Error),
}

/// Connects to the first candidate that responds, and negotiates the API version.
///
/// # Errors
/// [`BackendError::Unreachable`] with every candidate, the reason why it failed, and what to do.
pub async fn connect(options: &ConnectOptions) -> Result<Engine, BackendError> {
    let context = context::current(options);
    let mut tried = Vec::new();
    for candidate in candidates(options, context.as_ref().ok().and_then(Option::as_ref)) {
        match try_connect(&candidate).await {
            Ok(docker) => return Engine::new(docker, candidate, options.host_os).await,
            Err(reason) => tried.push(format!("{} ({}): {reason}", candidate.address, candidate.source)),
        }
    }
    if let Err(problem) = context {
        tried.insert(0, problem.to_string());
    }
    Err(unreachable(&tried))
}

/// Whether the socket of the engine that [`connect`] will probably find is on this machine; does not contact the
/// engine.
pub fn is_socket_here(options: &ConnectOptions) -> bool {
    let context = context::current(options);
    let candidates = candidates(options, context.ok().flatten().as_ref());
    let exists =
        |candidate: &&Candidate| candidate.address.strip_prefix("unix://").is_some_and(|at| Path::new(at).exists());
    let likely = candidates.iter().find(exists).or(candidates.first());
    likely.is_some_and(|candidate| socket_here(&candidate.address, options.host_os).is_some())
}

fn unreachable(tried: &[String]) -> BackendError {
    let remedy = if tried.iter().any(|line| line.contains("ermission denied")) {
        "your user has no access to the engine's socket: add it to the `docker` group, or use a rootless engine"
    } else {
        "start Docker (or Podman, Colima, OrbStack, Rancher Desktop), or set DOCKER_HOST; host steps need no engine"
    };
    let reason = match tried {
        [] => "no engine socket was found".to_owned(),
        tried => format!("tried\n  {}", tried.join("\n  ")),
    };
    BackendError::Unreachable { reason, remedy: Some(remedy) }
}

async fn try_connect(candidate: &Candidate) -> Result<Docker, ConnectError> {
    if let Some(path) = candidate.address.strip_prefix("unix://")
        && !Path::new(path).exists()
    {
        return Err(ConnectError::NoSocket);
    }
    let docker = open(candidate)?;
    match tokio::time::timeout(ANSWER_WITHIN, docker.negotiate_version()).await {
        Ok(Ok(docker)) => Ok(docker),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(ConnectError::NoAnswer),
    }
}

fn open(candidate: &Candidate) -> Result<Docker, ConnectError> {
    let address = candidate.address.as_str();
    let opened = if let Some(tls) = &candidate.tls {
        install_crypto();
        let file = |name: &str| tls.join(name);
        Docker::connect_with_ssl(
            address,
            &file("key.pem"),
            &file("cert.pem"),
            &file("ca.pem"),
            REQUEST_TIMEOUT_S,
            API_DEFAULT_VERSION,
        )
    } else if address.starts_with("ssh://") {
        return Err(ConnectError::Ssh);
    } else if address.starts_with("https://") {
        return Err(ConnectError::NoCertificates);
    } else if address.starts_with("tcp://") || address.starts_with("http://") {
        Docker::connect_with_http(address, REQUEST_TIMEOUT_S, API_DEFAULT_VERSION)
    } else {
        Docker::connect_with_host(address).map(|docker| docker.with_timeout(Duration::from_secs(REQUEST_TIMEOUT_S)))
    };
    Ok(opened?.with_request_modifier(|mut request| {
        // The engine decodes this header as URL-safe base64 and treats a failure as "no login"; the client writes the
        // standard alphabet, so passwords with `?` or `~` would be dropped silently.
        if let Some(value) = request.headers_mut().get_mut("x-registry-auth")
            && let Ok(Ok(fixed)) = value.to_str().map(|text| text.replace('+', "-").replace('/', "_").parse())
        {
            *value = fixed;
        }
        request
    }))
}

/// The TLS client uses the algorithms of the process-wide provider.
fn install_crypto() {
    // An `Err` returns the provider that was not installed because there already is one, which works as well.
    drop(rustls::crypto::ring::default_provider().install_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn every_attempt_is_named_and_a_dead_socket_skipped() {
        let home = tempfile::tempdir().unwrap();
        let dead = home.path().join("run/docker.sock");
        std::fs::create_dir_all(dead.parent().unwrap()).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
        let options = ConnectOptions {
            docker_host: Some(format!("unix://{}", dead.display())),
            ..ConnectOptions::new(HostOs::Linux)
        };
        let Err(BackendError::Unreachable { reason, .. }) = connect(&options).await else { panic!("connected") };
        let reason = reason.replace(&dead.display().to_string(), "SOCK");
        insta::assert_snapshot!(reason, @"
        tried
          unix://SOCK (DOCKER_HOST): Connection refused (os error 111)
        ");
    }

    #[test]
    fn refusal_by_permission_has_its_own_advice() {
        let error = unreachable(&["unix:///var/run/docker.sock (usual place): Permission denied".to_owned()]);
        let BackendError::Unreachable { remedy: Some(remedy), .. } = error else { panic!("{error}") };
        assert!(remedy.contains("`docker` group"), "{remedy}");
    }
}
