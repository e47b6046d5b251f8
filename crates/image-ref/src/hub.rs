//! Docker Hub, which has several names.

/// The name that images of Docker Hub are kept and compared under.
pub const DOCKER_HUB: &str = "docker.io";

/// What clients log in to for Docker Hub, whatever the version in a connector's URL (images.docker-hub).
pub const DOCKER_HUB_INDEX: &str = "https://index.docker.io/v1/";

/// Every host of Docker Hub: its registry under all of its names, then the one that gives its tokens.
pub const DOCKER_HUB_HOSTS: [&str; 5] =
    [DOCKER_HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "auth.docker.io"];

/// Whether a registry's host is Docker Hub, under any of its names.
pub fn is_docker_hub(host: &str) -> bool {
    DOCKER_HUB_HOSTS.iter().any(|name| host.eq_ignore_ascii_case(name))
}

/// A registry's host in its one spelling, from its name or from the address that clients log in to: in lower case, and every
/// name of Docker Hub, or none, as `docker.io`.
pub fn canonical_registry(address: &str) -> String {
    let bare = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or(address);
    let host = bare.split('/').next().unwrap_or(bare).to_ascii_lowercase();
    if host.is_empty() || is_docker_hub(&host) { DOCKER_HUB.to_owned() } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for (address, expected) in [
            ("https://index.docker.io/v1/", "docker.io"),
            ("registry-1.docker.io", "docker.io"),
            ("Registry.Hub.Docker.com", "docker.io"),
            ("", "docker.io"),
            ("https://Reg.example:5000/v2/", "reg.example:5000"),
            ("docker.io.evil.example", "docker.io.evil.example"),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", "123456789012.dkr.ecr.us-east-1.amazonaws.com"),
        ] {
            assert_eq!(canonical_registry(address), expected, "{address}");
        }
    }
}
