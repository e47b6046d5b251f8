//! Repositories: the target of an image's name, and its place in a registry of this machine.

use crate::{DOCKER_HUB, canonical_registry, host_and_port, is_docker_hub, split_registry};

/// A repository in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The registry's host in its canonical form, with its port.
    pub registry: String,
    /// The path in it.
    pub path: String,
}

impl Repository {
    /// Parses an image's name without a tag: without a registry it is on Docker Hub, where a single word is in
    /// `library/`.
    pub fn of(name: &str) -> Self {
        let written = Self::as_written(name);
        Self { registry: canonical_registry(&written.registry), ..written }
    }

    /// The same, with the registry's host as it is written.
    pub fn as_written(name: &str) -> Self {
        let (registry, path) = split_registry(name);
        let registry = registry.unwrap_or(DOCKER_HUB);
        let official = is_docker_hub(registry) && !path.contains('/');
        let path = if official { format!("library/{path}") } else { path.to_owned() };
        Self { registry: registry.to_owned(), path }
    }

    /// The registry without its port, which is not allowed in the middle of a name.
    pub fn host(&self) -> &str {
        host_and_port(&self.registry).0
    }

    /// The repository's name in the registry of this machine at `address`.
    pub fn kept_at(&self, address: &str) -> String {
        format!("{address}/{}/{}", self.host(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories() {
        for (name, registry, path) in [
            ("busybox", "docker.io", "library/busybox"),
            ("team/shop", "docker.io", "team/shop"),
            ("docker.io/shop", "docker.io", "library/shop"),
            ("index.docker.io/team/shop", "docker.io", "team/shop"),
            ("reg.example:5000/a/b", "reg.example:5000", "a/b"),
            ("localhost/a", "localhost", "a"),
        ] {
            let expected = Repository { registry: registry.to_owned(), path: path.to_owned() };
            assert_eq!(Repository::of(name), expected, "{name}");
        }
        assert_eq!(Repository::of("reg.example:5000/a").kept_at("127.0.0.1:7"), "127.0.0.1:7/reg.example/a");
    }
}
