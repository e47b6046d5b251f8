//! Docker Hub, which has several names.

use crate::split_address;

/// The canonical name of Docker Hub, for storage and comparison.
pub const DOCKER_HUB: &str = "docker.io";

/// The login address of Docker Hub, whatever the version in a connector's URL (images.docker-hub).
pub const DOCKER_HUB_INDEX: &str = "https://index.docker.io/v1/";

/// The host that serves Docker Hub's images.
pub const DOCKER_HUB_REGISTRY: &str = "registry-1.docker.io";

/// The host that serves tokens for Docker Hub.
pub const DOCKER_HUB_TOKENS: &str = "auth.docker.io";

/// Every host of Docker Hub: the names of its registry, then the token server.
pub const DOCKER_HUB_HOSTS: [&str; 5] =
    [DOCKER_HUB, "index.docker.io", DOCKER_HUB_REGISTRY, "registry.hub.docker.com", DOCKER_HUB_TOKENS];

/// Whether a registry's host is one of Docker Hub's names.
pub fn is_docker_hub(host: &str) -> bool {
    DOCKER_HUB_HOSTS.iter().any(|name| host.eq_ignore_ascii_case(name))
}

/// The canonical form of a registry's host, from its name or its login address: in lower case, and `docker.io` for
/// every name of Docker Hub, or if there is no host.
pub fn canonical_registry(address: &str) -> String {
    let host = split_address(address).0.to_ascii_lowercase();
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
