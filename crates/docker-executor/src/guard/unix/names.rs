//! Images' names as the engine reads them. Pure.

use crate::images::registry_of;

/// What leads to Docker Hub, as clients log in to it or images name it.
const DOCKER_HUB: [&str; 4] = ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// An image's registry, and its repository there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The host, with its port.
    pub(super) registry: String,
    /// The repository.
    pub(super) repository: String,
}

impl Place {
    /// Reads an image's name without tag: one without a registry is Docker Hub's.
    pub(super) fn of(name: &str) -> Self {
        let registry = registry_of(name);
        let path = name.strip_prefix(registry).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
        let registry = host(registry);
        let official = registry == "docker.io" && !path.contains('/');
        let repository = if official { format!("library/{path}") } else { path.to_owned() };
        Self { registry, repository }
    }

    /// The registry without its port, which cannot stand in the middle of a name.
    pub(super) fn host(&self) -> &str {
        self.registry.rsplit_once(':').map_or(&self.registry, |(host, _)| host)
    }

    /// The name under which a registry of this machine keeps the image.
    pub(super) fn kept_at(&self, address: &str) -> String {
        format!("{address}/{}/{}", self.host(), self.repository)
    }
}

/// A registry's host, from its name, or from the address that somebody logs in to.
pub(super) fn host(address: &str) -> String {
    let bare = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or(address);
    let host = bare.split('/').next().unwrap_or(bare).to_ascii_lowercase();
    if host.is_empty() || DOCKER_HUB.contains(&host.as_str()) { "docker.io".to_owned() } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (name, registry, repository) in [
            ("busybox", "docker.io", "library/busybox"),
            ("team/shop", "docker.io", "team/shop"),
            ("docker.io/shop", "docker.io", "library/shop"),
            ("index.docker.io/team/shop", "docker.io", "team/shop"),
            ("reg.example:5000/a/b", "reg.example:5000", "a/b"),
            ("localhost/a", "localhost", "a"),
        ] {
            let expected = Place { registry: registry.to_owned(), repository: repository.to_owned() };
            assert_eq!(Place::of(name), expected, "{name}");
        }
        assert_eq!(Place::of("reg.example:5000/a").kept_at("127.0.0.1:7"), "127.0.0.1:7/reg.example/a");
    }

    #[test]
    fn hosts() {
        for (address, expected) in [
            ("https://index.docker.io/v1/", "docker.io"),
            ("", "docker.io"),
            ("https://Reg.example:5000/v2/", "reg.example:5000"),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", "123456789012.dkr.ecr.us-east-1.amazonaws.com"),
        ] {
            assert_eq!(host(address), expected, "{address}");
        }
    }
}
