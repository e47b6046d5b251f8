//! How clients log in to a registry, by its host.

use crate::{DOCKER_HUB_INDEX, is_docker_hub, registry_of};

/// The kinds of registries, by their login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginKind {
    /// Docker Hub: its tokens come from another host.
    DockerHub,
    /// Google's registries.
    Google,
    /// Azure's registries.
    Azure,
    /// Any other.
    Other,
}

impl LoginKind {
    /// The login of the registry with this host.
    pub fn of(host: &str) -> Self {
        match host {
            _ if is_docker_hub(host) => Self::DockerHub,
            "gcr.io" => Self::Google,
            _ if host.ends_with(".gcr.io") || host.ends_with(".pkg.dev") => Self::Google,
            _ if host.ends_with(".azurecr.io") => Self::Azure,
            _ => Self::Other,
        }
    }
}

/// The login address of the registry in an image's name.
pub fn login_address(name: &str) -> String {
    match registry_of(name) {
        host if is_docker_hub(host) => DOCKER_HUB_INDEX.to_owned(),
        host => format!("https://{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins() {
        for (name, expected) in [
            ("team/shop", DOCKER_HUB_INDEX),
            ("registry-1.docker.io/team/shop", DOCKER_HUB_INDEX),
            ("quay.io/team/shop", "https://quay.io"),
        ] {
            assert_eq!(login_address(name), expected, "{name}");
        }
    }

    #[test]
    fn kinds() {
        for (host, kind) in [
            ("index.docker.io", LoginKind::DockerHub),
            ("gcr.io", LoginKind::Google),
            ("eu.gcr.io", LoginKind::Google),
            ("europe-docker.pkg.dev", LoginKind::Google),
            ("team.azurecr.io", LoginKind::Azure),
            ("notgcr.io", LoginKind::Other),
            ("quay.io", LoginKind::Other),
        ] {
            assert_eq!(LoginKind::of(host), kind, "{host}");
        }
    }
}
