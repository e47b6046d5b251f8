//! The possible addresses of an engine, in order of preference. Pure: the machine's facts are arguments.

use std::path::PathBuf;

/// The machine's settings for engines; the caller reads the environment.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub docker_context: Option<String>,
    /// `DOCKER_CERT_PATH` if `DOCKER_TLS_VERIFY` is set: the directory of `ca.pem`, `cert.pem` and `key.pem`.
    pub tls: Option<PathBuf>,
    /// `DOCKER_CONFIG`, or `~/.docker`.
    pub config_dir: Option<PathBuf>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// The host's system.
    pub host_os: HostOs,
}

impl ConnectOptions {
    /// A machine whose system is all that is known.
    pub fn new(host_os: HostOs) -> Self {
        Self {
            docker_host: None,
            docker_context: None,
            tls: None,
            config_dir: None,
            home: None,
            runtime_dir: None,
            host_os,
        }
    }
}

/// The system of the machine that cirun runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostOs {
    /// Linux.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl HostOs {
    /// The system that this program was built for.
    pub const fn current() -> Self {
        if cfg!(target_os = "macos") {
            Self::MacOs
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::Linux
        }
    }
}

/// A possible address of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// `unix://…`, `npipe://…`, `tcp://…`.
    pub address: String,
    /// Why it is tried, as text to print.
    pub source: String,
    /// The directory of the client's certificates.
    pub tls: Option<PathBuf>,
}

/// Sockets below the home directory: peers.md 3.1, item 2.
const HOME_SOCKETS: [(&str, &str); 6] = [
    (".docker/run/docker.sock", "Docker Desktop"),
    (".docker/desktop/docker.sock", "Docker Desktop"),
    (".colima/default/docker.sock", "Colima"),
    (".orbstack/run/docker.sock", "OrbStack"),
    (".rd/docker.sock", "Rancher Desktop"),
    (".local/share/containers/podman/machine/podman.sock", "Podman machine"),
];

/// The candidates, best first. If `DOCKER_HOST` is set, it is the only one.
pub fn candidates(options: &ConnectOptions, context: Option<&Candidate>) -> Vec<Candidate> {
    if let Some(host) = options.docker_host.as_ref().filter(|host| !host.is_empty()) {
        let tls = options.tls.clone().filter(|_| host.starts_with("tcp://") || host.starts_with("https://"));
        return vec![Candidate { address: host.clone(), source: "DOCKER_HOST".to_owned(), tls }];
    }
    let mut list: Vec<Candidate> = context.cloned().into_iter().collect();
    let mut add = |address: String, source: &str| {
        if !list.iter().any(|other| other.address == address) {
            list.push(Candidate { address, source: source.to_owned(), tls: None });
        }
    };
    if options.host_os == HostOs::Windows {
        add("npipe:////./pipe/docker_engine".to_owned(), "the usual pipe");
        add("npipe:////./pipe/dockerDesktopLinuxEngine".to_owned(), "Docker Desktop");
        return list;
    }
    add("unix:///var/run/docker.sock".to_owned(), "the usual socket");
    if let Some(dir) = &options.runtime_dir {
        add(format!("unix://{}", dir.join("docker.sock").display()), "rootless Docker");
    }
    if let Some(home) = &options.home {
        for (path, source) in HOME_SOCKETS {
            add(format!("unix://{}", home.join(path).display()), source);
        }
    }
    if let Some(dir) = &options.runtime_dir {
        add(format!("unix://{}", dir.join("podman/podman.sock").display()), "rootless Podman");
    }
    add("unix:///run/podman/podman.sock".to_owned(), "Podman");
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(options: &ConnectOptions, context: Option<&Candidate>) -> String {
        let lines = candidates(options, context).into_iter().map(|candidate| {
            let tls = candidate.tls.map(|dir| format!(" tls {}", dir.display())).unwrap_or_default();
            format!("{} ({}){tls}", candidate.address, candidate.source)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn laptop(host_os: HostOs) -> ConnectOptions {
        ConnectOptions {
            home: Some("/home/me".into()),
            runtime_dir: Some("/run/user/1000".into()),
            ..ConnectOptions::new(host_os)
        }
    }

    #[test]
    fn docker_host_is_the_users_word() {
        let options = ConnectOptions {
            docker_host: Some("tcp://build:2376".into()),
            tls: Some("/certs".into()),
            ..laptop(HostOs::Linux)
        };
        insta::assert_snapshot!(list(&options, None), @"tcp://build:2376 (DOCKER_HOST) tls /certs");
    }

    #[test]
    fn linux() {
        let context = Candidate {
            address: "unix:///home/me/.colima/default/docker.sock".into(),
            source: "docker context `colima`".into(),
            tls: None,
        };
        insta::assert_snapshot!(list(&laptop(HostOs::Linux), Some(&context)), @"
        unix:///home/me/.colima/default/docker.sock (docker context `colima`)
        unix:///var/run/docker.sock (the usual socket)
        unix:///run/user/1000/docker.sock (rootless Docker)
        unix:///home/me/.docker/run/docker.sock (Docker Desktop)
        unix:///home/me/.docker/desktop/docker.sock (Docker Desktop)
        unix:///home/me/.orbstack/run/docker.sock (OrbStack)
        unix:///home/me/.rd/docker.sock (Rancher Desktop)
        unix:///home/me/.local/share/containers/podman/machine/podman.sock (Podman machine)
        unix:///run/user/1000/podman/podman.sock (rootless Podman)
        unix:///run/podman/podman.sock (Podman)
        ");
    }

    #[test]
    fn windows() {
        insta::assert_snapshot!(list(&laptop(HostOs::Windows), None), @"
        npipe:////./pipe/docker_engine (the usual pipe)
        npipe:////./pipe/dockerDesktopLinuxEngine (Docker Desktop)
        ");
    }
}
