//! Image references as the engine reads them.

/// Splits `host/repo:tag` into repository and tag; the tag is `latest` when none is written.
pub(super) fn split_tag(reference: &str) -> (&str, &str) {
    match reference.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (reference, "latest"),
    }
}

/// The reference to ask a registry for: without a tag or digest, the API would fetch every tag.
pub(super) fn with_tag(reference: &str) -> String {
    if reference.contains('@') {
        return reference.to_owned();
    }
    let (repository, tag) = split_tag(reference);
    format!("{repository}:{tag}")
}

/// The host of the registry that a reference names.
pub(crate) fn registry_of(reference: &str) -> &str {
    match reference.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use cirun_image_ref::is_loopback;

    use super::*;

    #[test]
    fn loopback() {
        assert!(is_loopback("localhost:5000") && is_loopback("127.0.0.1:5577"));
        assert!(!is_loopback("docker.io") && !is_loopback("localhost.example:5000"));
    }

    #[test]
    fn table() {
        for (reference, registry, tagged) in [
            ("busybox", "docker.io", "busybox:latest"),
            ("plugins/kaniko-ecr:1.13.3", "docker.io", "plugins/kaniko-ecr:1.13.3"),
            ("localhost:5000/a/b", "localhost:5000", "localhost:5000/a/b:latest"),
            ("gcr.io/p/a:1", "gcr.io", "gcr.io/p/a:1"),
            (
                "1.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:0f",
                "1.dkr.ecr.eu-west-1.amazonaws.com",
                "1.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:0f",
            ),
            ("localhost/a:2", "localhost", "localhost/a:2"),
        ] {
            assert_eq!(registry_of(reference), registry, "{reference}");
            assert_eq!(with_tag(reference), tagged, "{reference}");
        }
    }
}
