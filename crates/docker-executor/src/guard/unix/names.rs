//! Images' names as the engine reads them. Pure.

use cirun_image_ref::{DOCKER_HUB, canonical_registry, host_and_port, split_registry};

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
        let (registry, path) = split_registry(name);
        let registry = canonical_registry(registry.unwrap_or_default());
        let official = registry == DOCKER_HUB && !path.contains('/');
        let repository = if official { format!("library/{path}") } else { path.to_owned() };
        Self { registry, repository }
    }

    /// The registry without its port, which cannot stand in the middle of a name.
    pub(super) fn host(&self) -> &str {
        host_and_port(&self.registry).0
    }

    /// The name under which a registry of this machine keeps the image.
    pub(super) fn kept_at(&self, address: &str) -> String {
        format!("{address}/{}/{}", self.host(), self.repository)
    }
}

/// Splits a tag or digest off an image's name.
pub(super) fn split_tag(image: &str) -> (&str, Option<&str>) {
    if let Some((name, digest)) = image.split_once('@') {
        return (name, Some(digest));
    }
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
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
    fn tags() {
        for (image, expected) in [
            ("r.io:80/a", ("r.io:80/a", None)),
            ("r.io:80/a:1", ("r.io:80/a", Some("1"))),
            ("a@sha256:0f", ("a", Some("sha256:0f"))),
        ] {
            assert_eq!(split_tag(image), expected);
        }
    }
}
