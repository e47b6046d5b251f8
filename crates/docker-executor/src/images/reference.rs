//! Image references as the engine reads them.

use cirun_image_ref::split_tag;

/// The reference for a request to a registry: without a tag or digest, the API would fetch every tag.
pub(super) fn with_tag(reference: &str) -> String {
    match split_tag(reference) {
        (_, Some(_)) => reference.to_owned(),
        (repository, None) => format!("{repository}:latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
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
