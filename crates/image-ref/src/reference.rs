//! Image references: their registry, the path of their repository, and their tag.

use crate::DOCKER_HUB;

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

/// The tag of a reference without one.
pub const DEFAULT_TAG: &str = "latest";

/// Removes a tag or digest from an image's name.
pub fn split_tag(image: &str) -> (&str, Option<&str>) {
    if let Some((name, digest)) = image.split_once('@') {
        return (name, Some(digest));
    }
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
}

/// Adds a tag, or a digest, to an image's name.
pub fn join_tag(name: &str, tag: &str) -> String {
    let separator = if is_digest(tag) { '@' } else { ':' };
    format!("{name}{separator}{tag}")
}

/// A reference with its tag or digest; [`DEFAULT_TAG`] if it has none.
pub fn with_tag(reference: &str) -> String {
    match split_tag(reference) {
        (_, Some(_)) => reference.to_owned(),
        (name, None) => join_tag(name, DEFAULT_TAG),
    }
}

/// Whether the tag of a reference is a digest.
pub fn is_digest(tag: &str) -> bool {
    tag.contains(':')
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

    #[test]
    fn default_tags() {
        for (reference, tagged) in [
            ("busybox", "busybox:latest"),
            ("plugins/kaniko-ecr:1.13.3", "plugins/kaniko-ecr:1.13.3"),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
            ("gcr.io/p/a:1", "gcr.io/p/a:1"),
            ("1.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:0f", "1.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:0f"),
            ("localhost/a:2", "localhost/a:2"),
        ] {
            assert_eq!(with_tag(reference), tagged, "{reference}");
        }
    }
}
