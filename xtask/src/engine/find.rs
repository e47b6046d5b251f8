//! The addresses of engines, in the order in which the docker CLI and similar programs would look.

use std::{env, path::PathBuf};

use anyhow::{Result, bail};

use super::Engine;
use crate::sh::{self, Cmd};

/// Sockets below the user's home: Docker Desktop, Colima, OrbStack, Rancher Desktop, Podman machine.
const HOME_SOCKETS: [&str; 5] = [
    ".docker/run/docker.sock",
    ".colima/default/docker.sock",
    ".orbstack/run/docker.sock",
    ".rd/docker.sock",
    ".local/share/containers/podman/machine/podman.sock",
];
const SYSTEM_SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/podman/podman.sock"];
const RUNTIME_DIR_SOCKETS: [&str; 2] = ["docker.sock", "podman/podman.sock"];

/// The first engine that responds.
///
/// # Errors
/// DOCKER_HOST is set and does not respond: the user chose it, so no other is used.
pub(super) fn reachable() -> Result<Option<Engine>> {
    if let Some(host) = env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()) {
        if !answers(&host) {
            bail!("DOCKER_HOST is {host}, and no engine answers there: start it or unset the variable");
        }
        return Ok(Some(Engine { host, found_by: "by DOCKER_HOST".into() }));
    }
    let context = context_host().map(|host| (host, "by the docker context".to_owned()));
    let sockets = sockets().into_iter().filter(|path| path.exists());
    let sockets = sockets.map(|path| (format!("unix://{}", path.display()), "by its socket".to_owned()));
    let found = context.into_iter().chain(sockets).find(|(host, _)| answers(host));
    Ok(found.map(|(host, found_by)| Engine { host, found_by }))
}

fn context_host() -> Option<String> {
    if !sh::installed("docker") {
        return None;
    }
    let inspect = Cmd::new("docker").args(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
    inspect.read().ok().map(|host| host.trim().to_owned()).filter(|host| !host.is_empty())
}

fn sockets() -> Vec<PathBuf> {
    let below = |variable: &str, names: &[&str]| -> Vec<PathBuf> {
        let dir = env::var_os(variable).map(PathBuf::from);
        dir.map(|dir| names.iter().map(|name| dir.join(name)).collect()).unwrap_or_default()
    };
    let mut all: Vec<PathBuf> = SYSTEM_SOCKETS.iter().map(PathBuf::from).collect();
    all.extend(below("XDG_RUNTIME_DIR", &RUNTIME_DIR_SOCKETS));
    all.extend(below("HOME", &HOME_SOCKETS));
    all
}

/// Whether an engine responds at `host`; a socket is queried without the CLI, which may not be installed yet.
pub(super) fn answers(host: &str) -> bool {
    match host.strip_prefix("unix://") {
        Some(path) => socket_answers(path),
        None => Cmd::new("docker").args(["--host", host, "version"]).succeeds(),
    }
}

#[cfg(unix)]
fn socket_answers(path: &str) -> bool {
    use std::{
        io::{Read, Write},
        os::unix::net::UnixStream,
        time::Duration,
    };
    let ask = || -> std::io::Result<String> {
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.lines().next().is_some_and(|status| status.contains(" 200 ")))
}

#[cfg(not(unix))]
fn socket_answers(_path: &str) -> bool {
    false
}
