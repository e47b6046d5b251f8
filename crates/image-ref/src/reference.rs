//! Image references: their registry, and the path of their repository.

use crate::{DOCKER_HUB, split_tag};

/// Splits a reference into its registry's host, if it has one, and the rest, like Docker's clients and engine: a first
/// part with a dot, a port or a capital letter is a host, and so is `localhost`.
pub fn split_registry(reference: &str) -> (Option<&str>, &str) {
    let is_host = |part: &str| {
        part == "localhost" || part.bytes().any(|b| matches!(b, b'.' | b':' | b'[') || b.is_ascii_uppercase())
    };
    match reference.split_once('/') {
        Some((host, path)) if is_host(host) => (Some(host), path),
        _ => (None, reference),
    }
}

/// The host of a reference's registry; Docker Hub if it has none.
pub fn registry_of(reference: &str) -> &str {
    split_registry(reference).0.unwrap_or(DOCKER_HUB)
}

/// The path of a reference, without registry, tag and digest.
pub fn bare_name(reference: &str) -> &str {
    let name = reference.split_once('@').map_or(reference, |(name, _)| name);
    split_registry(split_tag(name).0).1
}

/// Whether a text is a component of a repository's path: lower-case letters and digits, separated by `.`, `_`, `__` or
/// any number of `-` (OCI distribution specification).
pub fn is_path_component(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separators = text.split(is_word).filter(|between| !between.is_empty());
    text.starts_with(is_word)
        && text.ends_with(is_word)
        && separators.all(|between| matches!(between, "." | "_" | "__") || between.bytes().all(|b| b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_registry_tag_and_digest() {
        for (reference, expected) in [
            ("plugins/kaniko-ecr:1.13.3", "plugins/kaniko-ecr"),
            ("docker.io/plugins/ecr", "plugins/ecr"),
            ("localhost:5000/plugins/ecr:1@sha256:00", "plugins/ecr"),
            ("buildx", "buildx"),
        ] {
            assert_eq!(bare_name(reference), expected, "{reference}");
        }
    }

    #[test]
    fn registries() {
        for (reference, registry, path) in [
            ("busybox", None, "busybox"),
            ("team/shop:1", None, "team/shop:1"),
            ("quay.io/team/shop", Some("quay.io"), "team/shop"),
            ("host:443/x", Some("host:443"), "x"),
            ("localhost/x", Some("localhost"), "x"),
            ("[::1]:5000/x", Some("[::1]:5000"), "x"),
            ("GHCR/app", Some("GHCR"), "app"),
            ("busybox:1.36", None, "busybox:1.36"),
        ] {
            assert_eq!(split_registry(reference), (registry, path), "{reference}");
            assert_eq!(registry_of(reference), registry.unwrap_or("docker.io"), "{reference}");
        }
    }
}
